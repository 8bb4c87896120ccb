//! Certification (认定) of technology brokers.

crate::word! {
    /// Levels of the national training vocabulary (broker.md section 0.1).
    pub enum Level {
        L1 = "L1" / "初级",
        L2 = "L2" / "中级",
        L3 = "L3" / "高级",
    }
}

crate::word! {
    pub enum ApplicationType {
        Initial = "initial" / "初次认定",
        Upgrade = "upgrade" / "升级认定",
    }
}
