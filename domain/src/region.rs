//! The autonomous region and its fourteen cities, by GB/T 2260 code.

use std::fmt;
use std::str::FromStr;

/// A GB/T 2260 region code of six digits; `450000` is the autonomous region itself (自治区本级).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "orm", derive(sea_orm::DeriveValueType), sea_orm(value_type = "String"))]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, pattern = "^\\d{6}$", example = "450100"))]
pub struct RegionCode(String);

/// A text that is no region code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a region code of six digits")]
pub struct NotARegionCode(pub String);

impl RegionCode {
    /// The autonomous region as a whole.
    pub fn whole() -> Self {
        Self("450000".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the autonomous region itself, which covers every city.
    pub fn is_whole(&self) -> bool {
        self.0 == "450000"
    }

    /// Whether a grant for this region reaches things of `other`.
    pub fn covers(&self, other: &Self) -> bool {
        self.is_whole() || self == other
    }

    /// Whether the code lies in Guangxi (45xxxx).
    pub fn is_in_guangxi(&self) -> bool {
        self.0.starts_with("45")
    }

    /// The four digits used in certificate numbers: `4500`, `4501` … `4514`.
    pub fn short(&self) -> &str {
        &self.0[..4]
    }
}

impl FromStr for RegionCode {
    type Err = NotARegionCode;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotARegionCode(text.to_owned()))
        }
    }
}

impl TryFrom<String> for RegionCode {
    type Error = NotARegionCode;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RegionCode> for String {
    fn from(code: RegionCode) -> Self {
        code.0
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rows of the annex of 桂政办发〔2015〕91号: the region itself and its fourteen cities, with their names.
pub const REGIONS: &[(&str, &str, &str)] = &[
    ("450000", "广西壮族自治区", "Guangxi Zhuang Autonomous Region"),
    ("450100", "南宁市", "Nanning"),
    ("450200", "柳州市", "Liuzhou"),
    ("450300", "桂林市", "Guilin"),
    ("450400", "梧州市", "Wuzhou"),
    ("450500", "北海市", "Beihai"),
    ("450600", "防城港市", "Fangchenggang"),
    ("450700", "钦州市", "Qinzhou"),
    ("450800", "贵港市", "Guigang"),
    ("450900", "玉林市", "Yulin"),
    ("451000", "百色市", "Baise"),
    ("451100", "贺州市", "Hezhou"),
    ("451200", "河池市", "Hechi"),
    ("451300", "来宾市", "Laibin"),
    ("451400", "崇左市", "Chongzuo"),
];

/// The Chinese name of a region of the annex.
pub fn name_zh(code: &RegionCode) -> Option<&'static str> {
    REGIONS.iter().find(|(known, _, _)| *known == code.as_str()).map(|(_, zh, _)| *zh)
}
