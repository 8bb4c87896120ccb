//! What both writing operations need: a request's keys, ids, times, sealed persons and audit hashes.

use actix_web::HttpRequest;
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::access::Role;
use domain::broker::{Profile, mask};
use domain::ids::AccountId;
use domain::time::{civil_day, end_of_day, micros};
use service::audit::{Entry, Sealed, seal};
use service::crypto::{Keys, Place, sha256_hex};
use service::{Clock, Random, SystemClock, SystemRandom};
use sha2::{Digest, Sha256};
use tokio_postgres::Row;
use uuid::Uuid;

use super::Fault;

/// The instant of a write.
pub struct Now {
    pub at: DateTime<Utc>,
    pub day: NaiveDate,
}

impl Now {
    pub fn read() -> Self {
        let at = micros(SystemClock.now());
        Self { at, day: civil_day(at) }
    }

    /// The end of the day so many days later.
    pub fn due(&self, days: u64) -> DateTime<Utc> {
        end_of_day(self.day.checked_add_days(Days::new(days)).unwrap_or(self.day))
    }

    /// A time-sorted id.
    pub fn id(&self) -> Uuid {
        let mut bytes = [0; 10];
        SystemRandom.fill(&mut bytes);
        let millis = u64::try_from(self.at.timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

/// The idempotency of a request.
pub struct Once {
    pub scope: String,
    pub key: String,
    pub fingerprint: String,
}

impl Once {
    pub fn of(request: &HttpRequest, account: Uuid, body: &[u8], keys: &Keys) -> Result<Self, Fault> {
        let key = request.headers().get("idempotency-key").and_then(|value| value.to_str().ok());
        let path = format!("{} {}", request.method(), request.path());
        let digest = Sha256::new().chain_update(&path).chain_update([0]).chain_update(body).finalize();
        let plain = data_encoding::HEXLOWER.encode(&digest);
        Ok(Self {
            scope: format!("{account}:{path}"),
            key: key.ok_or(Fault::Malformed)?.to_owned(),
            fingerprint: keys.blind_index("audit.fingerprint", &plain),
        })
    }
}

/// The profile of a row with its numbers opened.
pub fn opened(row: &Row, keys: &Keys) -> Result<Profile, Fault> {
    let broker: Uuid = row.get("broker_id");
    let mut profile: Profile = serde_json::from_str(row.get("profile")).map_err(|_| Fault::Malformed)?;
    let open = |column| {
        let sealed: Option<&str> = row.get(column);
        let place = Place { table: "broker", column, row: broker };
        sealed.map(|sealed| keys.open(place, sealed)).transpose().map_err(|_| Fault::Malformed)
    };
    profile.id_number = open("id_number_cipher")?;
    profile.mobile = open("mobile_cipher")?;
    Ok(profile)
}

/// As it may be shown.
pub fn masked(mut profile: Profile) -> Profile {
    profile.id_number = profile.id_number.as_deref().map(mask::id_number);
    profile.mobile = profile.mobile.as_deref().map(mask::mobile);
    profile
}

/// An entry of the trail by an applicant.
pub fn entry(
    case: Uuid,
    account: Uuid,
    action: &str,
    states: [&str; 2],
    after: Option<String>,
    request: &str,
) -> Entry {
    Entry {
        object_kind: "certification".to_owned(),
        object_id: case.to_string(),
        action: action.to_owned(),
        state_from: Some(states[0].to_owned()),
        state_to: Some(states[1].to_owned()),
        after,
        actor_id: Some(AccountId(account)),
        actor_role: Some(Role::Broker),
        request_id: Some(request.to_owned()),
        address: Some("127.0.0.1".to_owned()),
        ..Entry::default()
    }
}

/// A request id.
pub fn request_id(now: &Now) -> String {
    now.id().simple().to_string()
}

/// The entry sealed after the chain's head, as `length:hash`.
pub fn sealed(entry: Entry, now: &Now, head: Option<&str>) -> Sealed {
    let (length, hash) = head.and_then(|head| head.split_once(':')).unwrap_or(("0", ""));
    seal(entry, length.parse::<i64>().unwrap_or(0) + 1, now.at, hash.to_owned())
}

/// The bytes that are hashed before and after the one field that only the statement knows, as `service::audit` hashes.
pub fn around(entry: &Entry, now: &Now) -> (Vec<u8>, Vec<u8>) {
    let (mut before, mut after) = (Vec::with_capacity(256), Vec::with_capacity(96));
    let at = now.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let actor = entry.actor_id.map(|id| id.to_string());
    let fields = ["", &entry.object_kind, &entry.object_id, "1", &at].map(Some).into_iter();
    let fields = fields.chain([actor.as_deref(), Some("broker"), None, None, Some(entry.action.as_str())]);
    for text in fields.chain([entry.state_from.as_deref(), entry.state_to.as_deref(), None]) {
        field(&mut before, text);
    }
    for text in [None, entry.request_id.as_deref(), entry.address.as_deref(), Some(entry.outcome.as_str())] {
        field(&mut after, text);
    }
    (before, after)
}

fn field(out: &mut Vec<u8>, text: Option<&str>) {
    let length = text.map_or(0, |text| text.len() as u64 + 1);
    out.extend(length.to_be_bytes());
    out.extend(text.unwrap_or_default().bytes());
}

/// The `ETag` of an answer.
pub fn etag(version: i32, answer: &str) -> String {
    format!("\"{version}.{}\"", &sha256_hex(answer.as_bytes())[..16])
}
