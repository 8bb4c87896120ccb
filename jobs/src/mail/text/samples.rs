//! Invented particulars, one set per shape of event, for previews and tests. Names hold what attackers would type.

use serde_json::{Value, json};

/// Where sample links lead.
pub const PUBLIC_URL: &str = "https://jiqiao.example";

const CASE_ID: &str = "01920000-0000-7000-8000-000000000001";

pub fn case() -> Value {
    json!({
        "number": "CE-2026-000123-X",
        "title": "中级技术经纪人认定申请",
        "applicant": "王明<script>alert(1)</script> [x](https://evil.example)",
        "state": "region_formal",
        "due_at": "2026-12-08T15:59:59Z",
        "case_id": CASE_ID,
        "tale": {
            "state_zh": "自治区形式审查",
            "level": "L2",
            "level_zh": "中级",
            "correction": null,
            "refusal": null,
            "closing": null,
            "review": null,
            "acceptance": { "at": "2026-11-24T01:00:00Z", "by_silence": true },
            "certificate": null,
        },
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut params = case();
    params["tale"][name] = value;
    params
}

pub fn corrected() -> Value {
    let defect =
        |path: &str, text: &str| json!({ "field_path": path, "reason_code": "evidence_illegible", "text": text });
    let mut params = with(
        "correction",
        json!({
            "stage": "region",
            "items": [
                defect("/form/trainings/0/certificate_no", "培训证书扫描件不清晰，请重新上传"),
                defect("/form/contracts/1/registered_on", "合同登记日期与证明不符\r\n请核对"),
            ],
            "answers": [{ "item": 0, "text": "已重新上传，见 www.evil.example" }],
            "is_extended": false,
        }),
    );
    params["state"] = json!("correction");
    params
}

/// After a state that nobody acts in any more.
pub fn ended() -> Value {
    let mut params = case();
    params["state"] = json!("lapsed");
    params["due_at"] = Value::Null;
    params
}

pub fn published() -> Value {
    let mut params = case();
    params["state"] = json!("publicity");
    params
}

pub fn withdrawn() -> Value {
    let mut params = closed();
    params["state"] = json!("withdrawn");
    params["due_at"] = Value::Null;
    params
}

pub fn closed() -> Value {
    let returned = json!({ "field_path": "/form", "reason_code": "incomplete", "text": "工作经历与单位记录不符" });
    let mut params = with("closing", json!({ "returned": [returned], "reason": "个人原因" }));
    params["state"] = json!("draft");
    params
}

pub fn refused() -> Value {
    let refusal = json!({
        "reason_code": "out_of_scope",
        "text": "申请人不在本自治区执业（《广西技术经纪人认定规则》第三条）",
        "remedy": "可向自治区主管部门书面申请复核一次",
    });
    let mut params = with("refusal", refusal);
    params["state"] = json!("not_accepted");
    params["due_at"] = Value::Null;
    params
}

pub fn reviewed() -> Value {
    let review = json!({
        "mean_hundredths": 8_250, "experts": 5, "votes_yes": 4, "mean_reached": true, "votes_reached": true, "passed": true,
    });
    let mut params = with("review", review);
    params["state"] = json!("decision");
    params
}

pub fn certified() -> Value {
    let certificate = json!({
        "number": "GX-TB-2-4500-2026-000123", "code": "A1B2C3D4E5", "valid_until": "2029-12-31", "is_specimen": false,
    });
    let mut params = with("certificate", certificate);
    params["state"] = json!("certified");
    params["due_at"] = Value::Null;
    params
}

pub fn clock() -> Value {
    json!({
        "number": "CE-2026-000123-X",
        "title": "中级技术经纪人认定申请",
        "applicant": "王明",
        "state": "correction",
        "due_at": "2026-11-26T15:59:59Z",
        "case_id": CASE_ID,
        "kind": "correction",
        "stage": "working_left_2",
        "is_overdue": false,
        "provisional": true,
    })
}

pub fn moved() -> Value {
    let mut params = clock();
    params["before"] = json!("2026-11-25T15:59:59Z");
    params["provisional"] = json!(false);
    params
}

pub fn linked() -> Value {
    json!({
        "name": "王明",
        "secret": { "token": "sample", "link": "https://jiqiao.example/confirm#token=sample" },
        "expires_at": "2026-11-24T02:00:00Z",
    })
}

pub fn told() -> Value {
    json!({ "name": "王明" })
}

pub fn organisation() -> Value {
    json!({
        "name": "李四",
        "organisation": "南宁某某科技有限公司 www.evil.example",
        "reason": "统一社会信用代码与登记名称不符",
        "secret": { "token": "sample", "link": "/invitations#token=sample" },
        "expires_at": "2026-11-24T02:00:00Z",
    })
}

pub fn undeliverable() -> Value {
    json!({
        "number": "CE-2026-000123-X",
        "title": "中级技术经纪人认定申请",
        "case_id": CASE_ID,
        "event": "certification.accepted",
        "address": "w***@example.com",
        "outcome": "failed",
        "error": "550 5.1.1 user unknown",
    })
}
