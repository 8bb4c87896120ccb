//! A client of clamd's INSTREAM command: the one question we ask a scanner.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// What the scanner says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Clean,
    /// With the signature's name.
    Infected(String),
    /// It looked and could not say, such as when its size limit is passed.
    Unsure(String),
}

const CONNECT: Duration = Duration::from_secs(5);
/// From the first byte to the answer.
const WHOLE: Duration = Duration::from_mins(2);
/// Bytes of a chunk; clamd's own clients send as many.
const CHUNK: usize = 64 * 1024;
/// An answer is one short line.
const ANSWER: u64 = 4_096;

/// Sends the bytes to the scanner at `address` and reads its verdict. An error means that it did not look.
pub(super) async fn scan<S>(address: &str, bytes: S) -> io::Result<Verdict>
where
    S: Stream<Item = io::Result<Bytes>> + Unpin,
{
    let mut connection = timeout(CONNECT, TcpStream::connect(address)).await.map_err(too_slow)??;
    timeout(WHOLE, talk(&mut connection, bytes)).await.map_err(too_slow)?
}

fn too_slow(_: tokio::time::error::Elapsed) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the scanner did not answer in time")
}

async fn talk<S>(connection: &mut TcpStream, bytes: S) -> io::Result<Verdict>
where
    S: Stream<Item = io::Result<Bytes>> + Unpin,
{
    // clamd answers and hangs up in the middle when its limit is passed: what it said counts, not that it hung up.
    let sent = send(connection, bytes).await;
    let mut answer = Vec::new();
    let read = connection.take(ANSWER).read_to_end(&mut answer).await;
    if answer.is_empty() {
        sent?;
        read?;
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the scanner gave no answer"));
    }
    verdict(&answer)
}

async fn send<S>(connection: &mut TcpStream, mut bytes: S) -> io::Result<()>
where
    S: Stream<Item = io::Result<Bytes>> + Unpin,
{
    connection.write_all(b"zINSTREAM\0").await?;
    while let Some(piece) = bytes.next().await {
        for chunk in piece?.chunks(CHUNK) {
            let length = u32::try_from(chunk.len()).map_err(io::Error::other)?;
            connection.write_all(&length.to_be_bytes()).await?;
            connection.write_all(chunk).await?;
        }
    }
    connection.write_all(&0u32.to_be_bytes()).await?;
    connection.flush().await
}

fn verdict(answer: &[u8]) -> io::Result<Verdict> {
    let text = String::from_utf8_lossy(answer);
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    let said = text.strip_prefix("stream:").unwrap_or(text).trim();
    if said == "OK" {
        Ok(Verdict::Clean)
    } else if let Some(signature) = said.strip_suffix("FOUND") {
        Ok(Verdict::Infected(signature.trim().to_owned()))
    } else if said.ends_with("ERROR") {
        Ok(Verdict::Unsure(said.to_owned()))
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "the scanner gave an answer that is none"))
    }
}
