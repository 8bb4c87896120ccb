//! The application: every route in one function that takes no state, so that the document needs neither database nor
//! server.

use std::future::ready;
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::PrometheusHandle;
use service::{Code, Context};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::scope::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::edge::{Edge, edge};
use crate::limit::{Limits, Rates};
use crate::line::Lines;
use crate::methods::Methods;
use crate::problem::Problem;
use crate::{
    account, audit, broker, calendar, certificate, certification, deadline, describe, file, health, notification,
    organisation, process, publicity, queue, round, rule, verification,
};

/// Whether the program is about to stop. It still answers, but says that it is not ready, so that a proxy sends nobody
/// here any more.
#[derive(Debug, Clone, Default)]
pub struct Drain(Arc<AtomicBool>);

impl Drain {
    pub fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// How slow a client may be before it is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the beginning of a request to the end of its headers.
    pub headers: Duration,
    /// For a JSON body.
    pub body: Duration,
    /// Between two requests of a connection.
    pub idle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // Longer idle than proxies are, so that they close first.
        Self { headers: Duration::from_secs(10), body: Duration::from_secs(30), idle: Duration::from_secs(75) }
    }
}

/// What an installation decides about the edge.
#[derive(Debug, Clone, Default)]
pub struct EdgeSettings {
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    pub rates: Rates,
    /// Worker threads; the number of cores when 0.
    pub workers: usize,
    /// The routes of the demo, which exist nowhere else.
    pub demo: Option<fn(&mut ServiceConfig<'_>)>,
    pub patience: Patience,
    pub drain: Drain,
}

/// Every public and protected operation under `/api/v1`. A request is compared with one pattern after the other, so what
/// is asked most stands first.
fn api(config: &mut ServiceConfig<'_>) {
    verification::routes(config);
    certification::routes(config);
    process::routes(config);
    deadline::routes(config);
    account::routes(config);
    audit::routes(config);
    broker::routes(config);
    calendar::routes(config);
    certificate::routes(config);
    file::routes(config);
    notification::routes(config);
    organisation::routes(config);
    publicity::routes(config);
    queue::routes(config);
    round::routes(config);
    rule::routes(config);
}

/// Operations outside the versioned base.
fn root(config: &mut ServiceConfig<'_>) {
    config.service(health::get_liveness).service(health::get_readiness).service(health::get_metrics);
    account::root_routes(config);
}

/// The OpenAPI document. Pure: the same for every start of the same build.
pub fn openapi() -> OpenApi {
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(base())
        .service(scope("/api/v1").configure(api))
        .configure(root)
        .split_for_parts();
    describe::headers(&mut document);
    describe::faults(&mut document);
    document
}

fn base() -> OpenApi {
    let mut document = OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Jiqiao (技桥)")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "Certification of technology brokers, recognition of demonstration agencies, and performance-linked \
                     post-subsidies. Every amount is explained, every right is proven, every date counts real working days.",
                ))
                .license(Some(utoipa::openapi::info::LicenseBuilder::new().name("Apache-2.0").build()))
                .build(),
        )
        .build();
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("JWT".to_owned());
    bearer.description =
        Some("An access token of at most 15 minutes, from POST /api/v1/sessions or /oauth/token.".to_owned());
    document
        .components
        .get_or_insert_with(Default::default)
        .add_security_scheme("bearer", SecurityScheme::Http(bearer));
    document
}

/// The same document for tools that speak OpenAPI 3.0, as the generator wrote it; a contract test keeps it fresh.
const OPENAPI_3_0: &[u8] = include_bytes!("../../openapi/openapi-3.0.json");

/// The bytes that are served at `/openapi.json` and kept in `openapi/`.
pub fn openapi_bytes() -> Vec<u8> {
    let mut text = openapi().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text.into_bytes()
}

/// Binds the API to a listener. The server runs until it is stopped by its handle.
pub fn serve(
    context: Context,
    settings: &EdgeSettings,
    listener: TcpListener,
    metrics: Option<PrometheusHandle>,
) -> std::io::Result<Server> {
    let (workers, demo) = (settings.workers, settings.demo);
    let shared = Arc::new(Edge {
        context: context.clone(),
        limits: Limits::new(settings.rates),
        methods: Methods::of(&openapi()),
        settings: settings.clone(),
    });
    let document: web::Bytes = openapi_bytes().into();
    let lines = Lines::watched(settings.patience.idle + settings.patience.headers);
    let mut server = HttpServer::new(move || {
        let document = document.clone();
        let (app, _) = App::new()
            .into_utoipa_app()
            .app_data(web::Data::from(shared.clone()))
            .app_data(web::Data::new(context.clone()))
            .service(scope("/api/v1").configure(api))
            .configure(root)
            .configure(|config: &mut ServiceConfig<'_>| {
                if let Some(routes) = demo {
                    routes(config);
                }
            })
            .split_for_parts();
        let app = match &metrics {
            Some(handle) => app.app_data(web::Data::new(handle.clone())),
            None => app,
        };
        app.route("/openapi.json", web::get().to(move || ready(served(document.clone()))))
            .route("/openapi-3.0.json", web::get().to(|| ready(served(web::Bytes::from_static(OPENAPI_3_0)))))
            .service(
                utoipa_swagger_ui::SwaggerUi::new("/docs/{_:.*}")
                    .config(utoipa_swagger_ui::Config::from("/openapi.json")),
            )
            .default_service(web::to(|| async { Err::<HttpResponse, _>(Problem::new(Code::NotFound)) }))
            .wrap(from_fn(edge))
            .wrap(Compress::default())
    })
    .on_connect(move |connection, data| lines.add(connection, data))
    .client_request_timeout(settings.patience.headers)
    .client_disconnect_timeout(Duration::from_secs(5))
    .keep_alive(settings.patience.idle)
    .shutdown_timeout(30)
    .disable_signals();
    if workers > 0 {
        server = server.workers(workers);
    }
    Ok(server.listen(listener)?.run())
}

fn served(document: web::Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(("cache-control", "public, max-age=60"))
        .body(document)
}
