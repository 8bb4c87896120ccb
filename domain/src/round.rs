//! Rounds (申报批次): when applications of a kind are taken, and under which rule version.

crate::word! {
    pub enum RoundState {
        Draft = "draft" / "拟定",
        Published = "published" / "已发布",
        Closed = "closed" / "已关闭",
    }
}
