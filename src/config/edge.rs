//! How much one client may ask, in requests per minute and process.

use api::Rates;

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RatesConfig {
    pub general: u32,
    /// Login, registration, recovery, tokens.
    pub guessable: u32,
    /// Public verification of certificates.
    pub verification: u32,
}

impl Default for RatesConfig {
    fn default() -> Self {
        let Rates { general, guessable, verification } = Rates::default();
        Self { general, guessable, verification }
    }
}

impl RatesConfig {
    pub fn rates(&self) -> Rates {
        Rates { general: self.general, guessable: self.guessable, verification: self.verification }
    }
}
