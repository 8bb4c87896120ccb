//! The autonomous region and its fourteen cities.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{text, text_null};

/// The annex of 桂政办发〔2015〕91号: code, Chinese and English name.
const REGIONS: [(&str, &str, &str); 15] = [
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
const WHOLE: &str = "450000";

#[derive(Debug, DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(Region::Table)
                    .col(text(Region::Code).primary_key())
                    .col(text(Region::NameZh))
                    .col(text(Region::NameEn))
                    .col(text_null(Region::Parent))
                    .to_owned(),
            )
            .await?;
        let mut seed = Query::insert();
        seed.into_table(Region::Table).columns([Region::Code, Region::NameZh, Region::NameEn, Region::Parent]);
        for (code, name_zh, name_en) in REGIONS {
            let parent = (code != WHOLE).then_some(WHOLE);
            seed.values_panic([code.into(), name_zh.into(), name_en.into(), parent.into()]);
        }
        manager.execute(seed).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Region::Table).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Region {
    Table,
    Code,
    NameZh,
    NameEn,
    Parent,
}
