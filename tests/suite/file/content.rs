//! Types, names and sizes.

use futures_util::StreamExt;
use object_store::ObjectStore;
use service::file::NewFile;
use service::round::NewRound;
use service::{Code, Error};

use super::sample::{Entry, docx, entry, jpeg, jpeg_of, ofd, pdf, pdf_with, png, png_of, xlsx, zip};
use super::{broker, named, objects, send};
use crate::harness::context::{TestContext, instant};
use crate::harness::db_tests;
use crate::harness::evidence::evidence;
use crate::harness::people::grant;
use domain::access::Role;

fn rule_of(error: &Error) -> &str {
    match error {
        Error::Invalid(faults) => faults[0].rule.as_str(),
        other => panic!("{other:?}"),
    }
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Name and content that do not agree, or that are two things at once.
fn impostors() -> Vec<(&'static str, Vec<u8>)> {
    let html = b"<!DOCTYPE html><html><script>alert(1)</script></html>".to_vec();
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>".to_vec();
    let link = Entry { attributes: 0xa1ff_0000, ..entry("word/link.xml") };
    let bomb = Entry { claimed: Some(u32::MAX), ..entry("word/media.bin") };
    let locked = Entry { flags: 1, ..entry("word/locked.xml") };
    let mut overlapping = docx(&[]);
    let at = overlapping.len() - 22 - 46 - "word/document.xml".len();
    overlapping[at + 20..at + 24].copy_from_slice(&u32::MAX.to_le_bytes());
    vec![
        ("html.pdf", html.clone()),
        ("svg.png", svg.clone()),
        ("svg.svg", svg.clone()),
        ("text.pdf", b"hello".to_vec()),
        ("empty.pdf", Vec::new()),
        ("short.pdf", b"%PDF".to_vec()),
        ("no-end.pdf", b"%PDF-1.7\n1 0 obj\nendobj\n".to_vec()),
        ("late.pdf", joined(&[b"\n\n", &pdf()])),
        ("html-inside.pdf", joined(&[b"%PDF-1.4\n<html><script>alert(1)</script></html>\n", &pdf()])),
        ("zip-behind.pdf", joined(&[&pdf(), &zip(&[entry("a.txt")]), b"\n%%EOF\n"])),
        ("pdf.png", pdf()),
        ("png.jpg", png()),
        ("jpeg.pdf", jpeg()),
        ("pdf.exe", pdf()),
        ("gif.png", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec()),
        ("behind.png", joined(&[&png(), &zip(&[entry("a.txt")])])),
        ("cut.png", png()[..20].to_vec()),
        ("behind.jpg", joined(&[&jpeg(), &html])),
        ("exe.pdf", b"MZ\x90\0\x03\0\0\0".to_vec()),
        ("elf.docx", b"\x7fELF\x02\x01\x01".to_vec()),
        ("ole.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()),
        ("docx.xlsx", docx(&[])),
        ("xlsx.docx", xlsx()),
        ("ofd.docx", ofd()),
        ("docx.zip", docx(&[])),
        ("zip.docx", zip(&[entry("a.txt")])),
        ("both.docx", docx(&[entry("xl/workbook.xml")])),
        ("macro.docx", docx(&[entry("word/vbaProject.bin")])),
        ("slip.docx", docx(&[entry("../../evil.xml")])),
        ("absolute.docx", docx(&[entry("/etc/passwd")])),
        ("backslash.docx", docx(&[entry("word\\..\\evil.xml")])),
        ("nested.docx", docx(&[entry("word/inner.zip")])),
        ("program.docx", docx(&[entry("word/run.exe")])),
        ("twice.docx", docx(&[entry("WORD/document.xml")])),
        ("link.docx", docx(&[link])),
        ("bomb.docx", docx(&[bomb])),
        ("locked.docx", docx(&[locked])),
        ("overlap.docx", overlapping),
        ("front.docx", joined(&[b"PK\x03\x04", &docx(&[])])),
        ("behind.docx", joined(&[&docx(&[]), &html])),
        ("empty.docx", zip(&[])),
        ("gzip.docx", b"\x1f\x8b\x08\0\0\0\0\0".to_vec()),
        // Two things at once.
        ("gif-and.pdf", joined(&[b"GIF89a", &pdf()])),
        ("jpeg-and.pdf", joined(&[&jpeg(), &pdf()])),
        ("script.jpg", joined(&[b"\xff\xd8\xff\xfe\0\x20<script>alert(1)</script>", &jpeg()])),
        ("php.png", joined(&[&png()[..16], b"<?php system($_GET[0]); ?>", &png()[16..]])),
        ("iframe.pdf", joined(&[b"%PDF-1.7\n<IFRAME src=//example.org>\n", &pdf()])),
        ("zip-first.pdf", joined(&[&zip(&[entry("a.txt")]), &pdf()])),
        ("html-behind.png", joined(&[&png(), &html])),
        ("svg-behind.jpg", joined(&[&jpeg(), &svg])),
        ("html-in.docx", docx(&[entry("word/page.html")])),
        ("svg-in.xlsx", zip(&[entry("[Content_Types].xml"), entry("xl/workbook.xml"), entry("xl/media/a.svg")])),
        ("jar-in.docx", docx(&[entry("word/a.jar")])),
        ("script-in.ofd", zip(&[entry("OFD.xml"), entry("a.js")])),
        ("drive.docx", docx(&[entry("C:evil.xml")])),
        // Formats that are not taken, under names that are.
        ("svg-prolog.pdf", joined(&[b"<?xml version=\"1.0\"?>", &svg])),
        ("svg.jpg", svg),
        ("postscript.pdf", b"%!PS-Adobe-3.0\nshowpage\n%%EOF\n".to_vec()),
        ("rich.docx", b"{\\rtf1\\ansi hello}".to_vec()),
        ("old.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()),
        ("picture.png", b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0".to_vec()),
        ("picture.jpg", b"RIFF\x24\0\0\0WEBPVP8 ".to_vec()),
        ("scan.jpeg", b"II*\0\x08\0\0\0".to_vec()),
        ("phone.jpg", b"\0\0\0\x18ftypheic\0\0\0\0".to_vec()),
        ("script.pdf", b"#!/bin/sh\nid\n".to_vec()),
        ("archive.ofd", b"Rar!\x1a\x07\x01\0".to_vec()),
        ("archive.xlsx", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec()),
        ("mail.pdf", b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<html></html>".to_vec()),
        ("class.docx", b"\xca\xfe\xba\xbe\0\0\0\x34".to_vec()),
        ("slides.docx", zip(&[entry("[Content_Types].xml"), entry("ppt/presentation.xml")])),
        ("writer.docx", zip(&[entry("mimetype"), entry("content.xml")])),
        ("version.pdf", joined(&[b"%PDF-9", &pdf()[6..]])),
    ]
}

/// Small files that claim to be huge.
fn floods() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("flood.png", png_of(100_000, 100_000)),
        ("flood-side.png", png_of(u32::MAX, 1)),
        ("nothing.png", png_of(0, 1)),
        ("flood.jpg", jpeg_of(65_535, 65_535)),
        ("nothing.jpg", jpeg_of(0, 0)),
        ("no-frame.jpg", b"\xff\xd8\xff\xe0\0\x04ab\xff\xd9".to_vec()),
        ("picture.pdf", pdf_with("<< /Subtype /Image /Width 60000 /Height 60000 /Filter /FlateDecode >>")),
        ("filters.pdf", pdf_with("<< /Filter [ /FlateDecode /FlateDecode /FlateDecode ] /Length 100 >>")),
        ("disguised.pdf", pdf_with("<< /Filter [/#46lateDecode /FlateDecode] /Length 100 >>")),
        ("pages.pdf", pdf_with("<< /Type /Pages /Count 2000000000 >>")),
    ]
}

db_tests! {
    async fn every_format_is_taken_for_what_it_is(test: TestContext) {
        let broker = broker(&test).await;
        let case = test.case(&broker, None, |_| {}).await;
        let padded = joined(&[&jpeg(), &[0; 16]]);
        let office = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        for (name, content, declared, media_type) in [
            ("a.pdf", pdf(), Some("application/pdf; charset=binary"), "application/pdf"),
            ("a.PNG", png(), Some("application/octet-stream"), "image/png"),
            ("a.jpg", jpeg(), Some("image/jpeg"), "image/jpeg"),
            ("a.jpeg", padded, None, "image/jpeg"),
            ("a.docx", docx(&[]), Some(office), office),
            ("a.xlsx", xlsx(), None, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("a.ofd", ofd(), None, "application/ofd"),
        ] {
            let new = NewFile { declared: declared.map(str::to_owned), ..named(name) };
            let view = send(&test.ctx, &broker, case, new, &content).await.unwrap().value;
            assert_eq!(view.media_type, media_type, "{name}");
        }
    }

    async fn impostors_are_refused_and_leave_nothing(test: TestContext) {
        let broker = broker(&test).await;
        let case = test.case(&broker, None, |_| {}).await;
        for (name, content) in impostors() {
            let refused = send(&test.ctx, &broker, case, named(name), &content).await;
            let refused = refused.err().unwrap_or_else(|| panic!("{name} was taken"));
            assert_eq!(rule_of(&refused), "file_type", "{name}");
        }
        let declared = NewFile { declared: Some("text/html".to_owned()), ..named("a.pdf") };
        assert_eq!(rule_of(&send(&test.ctx, &broker, case, declared, &pdf()).await.unwrap_err()), "file_type");
        let double = ["x.exe.pdf", "x.html.pdf", "x.svg.pdf"];
        for name in double {
            assert_eq!(rule_of(&send(&test.ctx, &broker, case, named(name), &pdf()).await.unwrap_err()), "file_type");
        }
        assert_eq!(objects(&test.ctx).await, 0);
        let count = impostors().len() + 1 + double.len();
        assert!(count >= 60, "{count}");
        evidence!("F1", test.engine().as_str(), "{count} files refused, 0 taken, 0 objects left");
    }

    async fn what_claims_to_be_huge_is_refused(test: TestContext) {
        let broker = broker(&test).await;
        let case = test.case(&broker, None, |_| {}).await;
        let floods = floods();
        for (name, content) in &floods {
            let begun = std::time::Instant::now();
            let refused = send(&test.ctx, &broker, case, named(name), content).await;
            let refused = refused.err().unwrap_or_else(|| panic!("{name} was taken"));
            assert_eq!(rule_of(&refused), "file_type", "{name}");
            assert!(begun.elapsed().as_secs() < 5, "{name}");
        }
        for (name, content) in [("scan.png", png_of(7_016, 9_933)), ("scan.jpg", jpeg_of(7_016, 9_933))] {
            send(&test.ctx, &broker, case, named(name), &content).await.unwrap();
        }
        assert_eq!(objects(&test.ctx).await, 2);
        evidence!("F4", test.engine().as_str(), "{} files that claim to be huge refused, 2 scans of A3 at 600 dpi taken", floods.len());
    }

    async fn no_name_leaves_the_store(test: TestContext) {
        let broker = broker(&test).await;
        let case = test.case(&broker, None, |_| {}).await;
        let long = format!("{}.pdf", "a".repeat(4_096));
        let names = [
            "../a.pdf", "../../../../etc/passwd.pdf", "/etc/cron.d/a.pdf", "..\\..\\a.pdf", "C:\\Windows\\a.pdf", "\\\\host\\share\\a.pdf",
            "a\0.pdf", "a.pdf\0.pdf", "a\r\nX: y.pdf", "a\u{202e}fdp.pdf", "a\u{200b}.pdf", "a\u{feff}.pdf", "\u{2066}a.pdf",
            "CON.pdf", "nul.pdf", "COM1.pdf", "lpt9.x.pdf", "AUX .pdf", ".htaccess.pdf", "~a.pdf", "a.pdf.", "a.pdf ", "a.pdf::$DATA.pdf",
            "%2e%2e%2fa.pdf", "..%c0%afa.pdf", "a\u{2215}b.pdf", "．．／a.pdf", "$(id).pdf", "`id`.pdf", "a|b.pdf", &long, "", "..", "/",
        ];
        let (mut taken, mut refused) = (0, 0);
        for name in names {
            match send(&test.ctx, &broker, case, named(name), &pdf()).await {
                Ok(outcome) => {
                    let name = outcome.value.name;
                    assert!(!name.contains(['/', '\\', '\0', '\r', '\n', ':', '\u{202e}']) && !name.starts_with('.'), "{name:?}");
                    taken += 1;
                }
                Err(error) => {
                    assert!(matches!(rule_of(&error), "file_name" | "file_type"), "{name:?}");
                    refused += 1;
                }
            }
        }
        let paths: Vec<String> = test.ctx.files().list(None).map(|object| object.unwrap().location.to_string()).collect().await;
        assert!(!paths.is_empty());
        for path in paths {
            let id = path.strip_prefix(&format!("case/{case}/")).unwrap_or_else(|| panic!("{path}"));
            assert!(id.parse::<domain::ids::FileId>().is_ok(), "{path}");
        }
        assert!(taken + refused >= 30);
        evidence!("F5", test.engine().as_str(), "{} names: {taken} made harmless, {refused} refused, every object under an id", taken + refused);
    }

    async fn limits_of_the_round_hold_to_the_byte(test: TestContext) {
        let broker = broker(&test).await;
        let clerk = test.person("clerk@example.org", vec![grant(Role::RegionClerk)]).await;
        let size = pdf().len() as u64;
        let new = NewRound {
            process: "certification".to_owned(),
            region: None,
            title: "2026年第一批".to_owned(),
            opens_at: instant("2026-08-01T01:00:00Z"),
            closes_at: instant("2026-08-31T09:30:00Z"),
            recommend_until: None,
            rule_set_id: test.rules().await,
            max_file_bytes: size,
            max_files: 2,
        };
        let round = service::round::create(&test.ctx, &clerk, new).await.unwrap().value.id;
        let case = test.case(&broker, Some(round), |_| {}).await;
        let too_large = |refused: &Error| matches!(refused, Error::Refused(Code::TooLarge, _));
        let larger = joined(&[&pdf(), b"\n"]);
        let refused = send(&test.ctx, &broker, case, named("a.pdf"), &larger).await.unwrap_err();
        assert!(too_large(&refused), "{refused:?}");
        let announced = NewFile { length: Some(1 << 30), ..named("a.pdf") };
        let refused = service::file::prepare(&test.ctx, &broker, case, announced).await.unwrap_err();
        assert!(too_large(&refused), "{refused:?}");
        // Three at a time for two places.
        let content = pdf();
        let sending = (1..=3).map(|n| {
            let (ctx, broker, content) = (&test.ctx, &broker, &content);
            async move { send(ctx, broker, case, named(&format!("{n}.pdf")), content).await }
        });
        let outcomes = futures_util::future::join_all(sending).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 2);
        assert!(outcomes.iter().filter_map(|outcome| outcome.as_ref().err()).all(too_large));
        assert_eq!(objects(&test.ctx).await, 2);
    }
}
