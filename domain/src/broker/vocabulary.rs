//! The closed vocabularies of a broker's profile (broker.md section 6.1).

crate::word! {
    pub enum Sex {
        Male = "male" / "男",
        Female = "female" / "女",
    }
}

crate::word! {
    /// Kind of identity document (证件类型).
    pub enum IdType {
        ResidentId = "resident_id" / "居民身份证",
        Passport = "passport" / "护照",
        HkMacaoPermit = "hk_macao_permit" / "港澳居民来往内地通行证",
        TaiwanPermit = "taiwan_permit" / "台湾居民来往大陆通行证",
        ForeignPermanentResidentId = "foreign_permanent_resident_id" / "外国人永久居留身份证",
    }
}

crate::word! {
    /// Highest education (最高学历), from low to high.
    pub enum EducationLevel {
        Other = "other" / "其他",
        Secondary = "secondary" / "中专",
        College = "college" / "大专",
        Undergraduate = "undergraduate" / "本科",
        Postgraduate = "postgraduate" / "研究生",
    }
}

crate::word! {
    /// Academic degree (学位), from low to high.
    pub enum Degree {
        None = "none" / "无",
        Bachelor = "bachelor" / "学士",
        Master = "master" / "硕士",
        Doctor = "doctor" / "博士",
    }
}

crate::word! {
    /// The row of an education table that a person reaches, from low to high; see [`EducationRank::of`].
    pub enum EducationRank {
        Secondary = "secondary" / "中专",
        College = "college" / "大专",
        Bachelor = "bachelor" / "本科",
        Master = "master" / "硕士",
        Doctor = "doctor" / "博士",
    }
}

impl EducationRank {
    /// The rank of an education and a degree: a master or doctor needs the degree itself, below that either proof counts.
    pub fn of(education: EducationLevel, degree: Degree) -> Option<Self> {
        let by_degree = match degree {
            Degree::Doctor => Some(Self::Doctor),
            Degree::Master => Some(Self::Master),
            Degree::Bachelor => Some(Self::Bachelor),
            Degree::None => None,
        };
        by_degree.or(match education {
            EducationLevel::Postgraduate | EducationLevel::Undergraduate => Some(Self::Bachelor),
            EducationLevel::College => Some(Self::College),
            EducationLevel::Secondary => Some(Self::Secondary),
            EducationLevel::Other => None,
        })
    }
}

crate::word! {
    /// Level of a professional title (职称), from low to high; another ladder than the certificate's levels.
    pub enum TitleLevel {
        Technician = "technician" / "员级",
        Assistant = "assistant" / "助理级",
        Intermediate = "intermediate" / "中级",
        AssociateSenior = "associate_senior" / "副高级",
        Senior = "senior" / "正高级",
    }
}

crate::word! {
    /// Series of a professional title (职称系列).
    pub enum TitleSeries {
        Engineering = "engineering" / "工程技术",
        Research = "research" / "自然科学研究",
        Agronomy = "agronomy" / "农业技术",
        Teaching = "teaching" / "高等学校教师",
        Economics = "economics" / "经济",
        Other = "other" / "其他",
    }
}

crate::word! {
    /// Kind of employer (单位性质).
    pub enum EmployerType {
        University = "university" / "高校",
        Institute = "institute" / "科研院所",
        Enterprise = "enterprise" / "企业",
        Intermediary = "intermediary" / "中介机构",
        Association = "association" / "社团",
        Other = "other" / "其他",
    }
}

crate::word! {
    pub enum EmploymentMode {
        FullTime = "full_time" / "专职",
        PartTime = "part_time" / "兼职",
        /// Practises in the name of an attachment unit (挂靠单位), without an employer of one's own.
        SelfEmployed = "self_employed" / "自由执业",
    }
}

crate::word! {
    /// Links of the service chain (服务环节).
    pub enum ServiceLink {
        Discovery = "discovery" / "发掘",
        Evaluation = "evaluation" / "评价",
        IntellectualProperty = "intellectual_property" / "知识产权",
        Maturation = "maturation" / "熟化",
        Matching = "matching" / "对接",
        Negotiation = "negotiation" / "谈判",
        Financing = "financing" / "融资",
        Promotion = "promotion" / "推广",
    }
}

crate::word! {
    /// Industries (技术领域) of 桂政办发〔2015〕91号 section 4(2): ten emerging ones (list `SEI-2015`), then fourteen of a
    /// hundred billion yuan (list `THB-2015`). The lists overlap, so a broker may name several.
    pub enum Industry {
        NewMaterials = "sei_new_materials" / "新材料",
        NewEnergy = "sei_new_energy" / "新能源",
        EnergySaving = "sei_energy_saving" / "节能环保",
        MarineEconomy = "sei_marine_economy" / "海洋经济",
        Biomedicine = "sei_biomedicine" / "生物医药",
        InformationTechnology = "sei_information_technology" / "新一代信息技术",
        NewEnergyVehicles = "sei_new_energy_vehicles" / "新能源汽车",
        BioAgriculture = "sei_bio_agriculture" / "生物农业",
        AdvancedEquipment = "sei_advanced_equipment" / "先进装备制造",
        Health = "sei_health" / "健康产业",
        Food = "thb_food" / "食品",
        Automobile = "thb_automobile" / "汽车",
        Petrochemical = "thb_petrochemical" / "石化",
        Power = "thb_power" / "电力",
        NonferrousMetals = "thb_nonferrous_metals" / "有色金属",
        Metallurgy = "thb_metallurgy" / "冶金",
        Machinery = "thb_machinery" / "机械",
        BuildingMaterials = "thb_building_materials" / "建材",
        Paper = "thb_paper" / "造纸与木材加工",
        Electronics = "thb_electronics" / "电子信息",
        Pharmaceuticals = "thb_pharmaceuticals" / "医药制造",
        Textiles = "thb_textiles" / "纺织服装与皮革",
        Biology = "thb_biology" / "生物",
        Ships = "thb_ships" / "修造船及海洋工程装备",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::Word;

    #[test]
    fn the_policy_names_twenty_four_industries() {
        let of_list = |list: &str| {
            Industry::ALL
                .iter()
                .filter(|word| word.as_str().starts_with(list))
                .count()
        };
        assert_eq!((of_list("sei_"), of_list("thb_")), (10, 14));
    }

    #[test]
    fn a_degree_ranks_before_an_education() {
        use EducationLevel as E;
        assert_eq!(
            EducationRank::of(E::Undergraduate, Degree::Master),
            Some(EducationRank::Master)
        );
        assert_eq!(
            EducationRank::of(E::Postgraduate, Degree::None),
            Some(EducationRank::Bachelor)
        );
        assert_eq!(EducationRank::of(E::Other, Degree::None), None);
    }
}
