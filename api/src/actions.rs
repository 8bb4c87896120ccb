//! One line per verb of a process.

/// Declares the handlers of a process's verbs: path, operation id, typed body, and the same order of checks for all.
///
/// Who may is read from the process table inside the decision, so any account may knock; version first, then state.
/// Each line replaces a handler of twenty lines:
///
/// ```text
/// actions! { certification, Certification => CertificationView;
///     submit_certification, "/certifications/{id}/actions/submit", "Submit an application", Empty => |_| Command::Submit;
/// }
/// ```
macro_rules! actions {
    ($tag:literal, $permission:literal, $process:ty => $view:ty;
     $($name:ident, $path:literal, $summary:literal, $body:ty => $make:expr;)+) => {
        $(
            #[doc = $summary]
            #[utoipa::path(tag = $tag, summary = $summary, params(("id" = domain::ids::CaseId, Path)),
                request_body = $body, security(("bearer" = [$permission])),
                responses(
                    (status = 200, description = "The case as it stands now", body = $view),
                    (status = "4XX", description = "Refused", body = crate::problem::ProblemBody,
                        content_type = "application/problem+json")))]
            #[post($path)]
            pub async fn $name(
                require: crate::extract::Require<crate::extract::may::Anyone>,
                context: actix_web::web::Data<service::Context>,
                id: crate::extract::PathId<domain::ids::CaseId>,
                version: crate::extract::IfMatch,
                post: crate::extract::Post<$body>,
            ) -> Result<actix_web::HttpResponse, crate::problem::Problem> {
                let caller = post.caller(require.caller);
                let make: fn($body) -> _ = $make;
                let outcome =
                    service::process::act::<$process>(&context, &caller, id.0, Some(version.0), make(post.body)).await?;
                crate::respond::changed(&outcome)
            }
        )+

        pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
            $(config.service($name);)+
        }
    };
}

pub(crate) use actions;
