//! Attachments of a case.

mod download;
mod upload;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use domain::file::FilePurpose;
use domain::ids::{CaseId, FileId};
use serde::Deserialize;
use service::Context;
use service::file::{self, FileView};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use self::upload::Upload;
use crate::extract::{Paging, PathId, Query, Require, may};
use crate::problem::{Problem, ProblemBody};
use crate::respond::{self, Cache, ListBody};

pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_files).service(upload_file).service(download_file).service(delete_file);
}

/// What a sent file is.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// The file's name with its extension, in UTF-8.
    #[param(max_length = 120, example = "登记证明.pdf")]
    pub name: String,
    /// What it proves.
    pub purpose: FilePurpose,
}

/// The files of a case, newest first. Identity documents are listed for the applicant and those who check them.
#[utoipa::path(tag = "file", summary = "List the files of a case", params(("id" = CaseId, Path), Paging),
    security(("bearer" = ["file.read"])),
    responses(
        (status = 200, description = "A page of files", body = ListBody<FileView>),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/cases/{id}/files")]
pub async fn list_files(
    require: Require<may::ReadFiles>,
    context: web::Data<Context>,
    id: PathId<CaseId>,
    paging: Query<Paging>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let page = file::list(&context, &require.caller, id.0, &paging.0.request()?).await?;
    respond::list(&request, page, Cache::Private)
}

/// Attaches a file: the body is the file itself. PDF, PNG, JPEG, DOCX, XLSX or OFD; content, extension and declared
/// type agree.
#[utoipa::path(tag = "file", summary = "Attach a file to a case", params(("id" = CaseId, Path), UploadQuery),
    request_body(content = String, content_type = "application/octet-stream"),
    security(("bearer" = ["file.manage"])),
    responses(
        (status = 201, description = "The file", body = FileView),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[post("/cases/{id}/files")]
pub async fn upload_file(
    require: Require<may::ManageFiles>,
    context: web::Data<Context>,
    id: PathId<CaseId>,
    query: Query<UploadQuery>,
    upload: Upload,
) -> Result<HttpResponse, Problem> {
    let (announced, request, body) = upload.split(&require.caller, query.0);
    let caller = request.caller(&require.caller, "");
    let slot = file::prepare(&context, &caller, id.0, announced).await?;
    let received = file::receive(&context, &slot, body).await?;
    let caller = request.caller(&require.caller, &received.sha256);
    let outcome = file::attach(&context, &caller, &slot, received).await?;
    let mut created = HttpResponse::Created();
    created.insert_header((LOCATION, format!("/api/v1/files/{}", outcome.value.id)));
    respond::done(created, &outcome)
}

/// The file itself, once the scanner has found it clean. Every reading is entered in the audit trail.
#[utoipa::path(tag = "file", summary = "Download a file", params(("id" = FileId, Path)),
    security(("bearer" = ["file.read"])),
    responses(
        (status = 200, description = "The bytes, as an attachment", content(
            (String = "application/pdf"),
            (String = "image/png"),
            (String = "image/jpeg"),
            (String = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            (String = "application/ofd"))),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[get("/files/{id}")]
pub async fn download_file(
    require: Require<may::ReadFiles>,
    context: web::Data<Context>,
    id: PathId<FileId>,
) -> Result<HttpResponse, Problem> {
    Ok(download::attachment(file::open(&context, &require.caller, id.0).await?))
}

/// Takes a file away from a draft or correction, by whoever attached it. A file never changes: it has no version.
#[utoipa::path(tag = "file", summary = "Delete a file", params(("id" = FileId, Path)),
    security(("bearer" = ["file.manage"])),
    responses(
        (status = 204, description = "The file is gone"),
        (status = "4XX", description = "Refused", body = ProblemBody, content_type = "application/problem+json")))]
#[delete("/files/{id}")]
pub async fn delete_file(
    require: Require<may::ManageFiles>,
    context: web::Data<Context>,
    id: PathId<FileId>,
) -> Result<HttpResponse, Problem> {
    file::remove(&context, &require.caller, id.0).await?;
    Ok(respond::nothing())
}
