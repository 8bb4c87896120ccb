use domain::access::{Permission, Role};
use domain::word::Word;
use openapi::Document;

/// Operations that anybody may call; nothing else is public.
const PUBLIC: &[&str] = &[
    "get_liveness",
    "get_metrics",
    "get_process",
    "get_public_publicity",
    "get_readiness",
    "get_verification",
    "list_processes",
    "list_public_publicities",
    "verify_certificate",
];

#[test]
fn what_is_public_is_meant_to_be() {
    let document = Document::built().unwrap();
    let mut public: Vec<&str> = document
        .operations()
        .iter()
        .filter(|operation| operation.permissions().is_none())
        .map(openapi::Operation::id)
        .map(|id| PUBLIC.iter().copied().find(|known| *known == id).unwrap_or_else(|| panic!("`{id}` is public")))
        .collect();
    public.sort_unstable();
    assert_eq!(public, PUBLIC);
}

/// Each operation with the roles that may call it at all; what they see in it is a matter of their scope.
#[test]
fn who_may_call_what() {
    let mut lines = Vec::new();
    for operation in Document::built().unwrap().operations() {
        let who = match operation.permissions() {
            None => "everybody".to_owned(),
            Some(words) if words.is_empty() => "every account".to_owned(),
            Some(words) => {
                let permissions = words.iter().map(|word| {
                    Permission::parse(word).unwrap_or_else(|| panic!("{}: no permission `{word}`", operation.name()))
                });
                let holders: Vec<&Role> = permissions.flat_map(|permission| permission.roles()).collect();
                let named = Role::ALL.iter().filter(|role| holders.contains(role));
                format!("{}: {}", words.join(" or "), named.map(|role| role.as_str()).collect::<Vec<_>>().join(", "))
            }
        };
        lines.push(format!("{} — {who}", operation.id()));
    }
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"));
}
