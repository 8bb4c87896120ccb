use domain::access::{Permission, Role};
use domain::word::Word;
use openapi::{Document, Operation};

/// Operations that anybody may call; nothing else is public.
const PUBLIC: &[&str] = &[
    "accept_invitation",
    "add_days",
    "complete_password_reset",
    "confirm_email",
    "create_client_token",
    "create_session",
    "get_calendar",
    "get_calendar_year",
    "get_day",
    "get_key_set",
    "get_liveness",
    "get_metrics",
    "get_process",
    "get_public_publicity",
    "get_readiness",
    "get_rule_set",
    "get_verification",
    "list_processes",
    "list_public_publicities",
    "list_rule_sets",
    "refresh_session",
    "register_account",
    "request_password_reset",
    "verify_certificate",
];

#[test]
fn what_is_public_is_meant_to_be() {
    let document = Document::built().unwrap();
    let public = document.operations().into_iter().filter(|operation| operation.permissions().is_none());
    let mut public: Vec<String> = public.map(|operation| operation.id().to_owned()).collect();
    public.sort_unstable();
    assert_eq!(public, PUBLIC);
}

/// Each operation with the roles that may call it at all; what they see in it is a matter of their scope.
#[test]
fn who_may_call_what() {
    let document = Document::built().unwrap();
    let mut lines: Vec<String> = document
        .operations()
        .into_iter()
        .map(|operation| {
            let who = match operation.permissions() {
                None => "everybody".to_owned(),
                Some(words) if words.is_empty() => "every account".to_owned(),
                Some(words) => format!("{}: {}", words.join(" or "), holders(operation, &words).join(", ")),
            };
            format!("{} — {who}", operation.id())
        })
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"));
}

/// The roles behind the words; for a verb of a process, those of its rows.
fn holders(operation: Operation<'_>, words: &[&str]) -> Vec<&'static str> {
    let mut roles: Vec<String> = Vec::new();
    for word in words {
        if let Some(permission) = Permission::parse(word) {
            roles.extend(permission.roles().iter().map(|role| role.as_str().to_owned()));
            continue;
        }
        let process = word.strip_prefix("process.").unwrap_or_else(|| panic!("{}: `{word}`", operation.name()));
        let process = service::process::describe_one(process).unwrap();
        let verb = operation.path.rsplit('/').next().unwrap();
        let before = roles.len();
        for row in process.rows.iter().filter(|row| row.verb == verb) {
            roles.extend(row.roles.iter().cloned());
        }
        assert!(roles.len() > before, "{}: no row of {} has the verb `{verb}`", operation.name(), process.name);
    }
    Role::ALL.iter().map(|role| role.as_str()).filter(|role| roles.iter().any(|held| held == role)).collect()
}
