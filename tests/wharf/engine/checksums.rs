//! T10: what a comparison by checksum says of objects that other clients wrote, in every form that their checksums and ETags
//! take: equal contents are proven where anything proves them, other ones are disproven where anything can, and what
//! proves nothing is told as unproven, never as different. The test prints its table.
#![allow(
    clippy::unwrap_used,
    clippy::large_futures,
    reason = "a test stops at the first surprise, and SDK futures are large"
)]

use std::fmt::Write as _;

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Builder, Credentials, Region, RequestChecksumCalculation},
    primitives::ByteStream,
    types::{
        ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart,
        ServerSideEncryption,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use wharf::{
    demo::{ACCESS_KEY, REGION, SECRET_KEY},
    domain::{diff::Level, location::Location, plan::SyncOptions},
};

use super::desk::{BUCKET, Desk};

const MIB: usize = 1 << 20;
const KEY: [u8; 32] = [3; 32];
/// Bytes that contents are made of at a time.
const BLOCK: usize = 64 << 10;

/// How an object was written.
#[derive(Debug, Clone)]
struct Form {
    /// Bytes of a part; `None` for one request.
    part: Option<usize>,
    /// The checksum that was asked for, and whether it is one of parts.
    sum: Option<(ChecksumAlgorithm, bool)>,
    encryption: Encryption,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Encryption {
    Managed,
    Kms,
    Customer,
}

/// A case: what is written, and what must be said of the same content and of another one.
struct Case {
    name: String,
    form: Form,
    size: usize,
    equal: &'static str,
    other: &'static str,
}

impl Case {
    fn new(form: &Form, size: usize, (equal, other): (&'static str, &'static str)) -> Self {
        let mut name = format!("{:?}", form.encryption).to_lowercase();
        match form.part {
            None => name.push_str("-single"),
            Some(part) if part % MIB == 0 => write!(name, "-parts-{}", part / MIB).unwrap(),
            Some(part) => write!(name, "-parts-{part}b").unwrap(),
        }
        if let Some((algorithm, composite)) = &form.sum {
            let kind = if *composite { "composite" } else { "full" };
            write!(name, "-{algorithm}-{kind}").unwrap();
        }
        write!(name, "-{size}").unwrap();
        let other = if size == 0 { equal } else { other };
        Self {
            name,
            form: form.clone(),
            size,
            equal,
            other,
        }
    }

    fn content(&self) -> Vec<u8> {
        let seed = self.name.bytes().fold(7_u64, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(byte.into())
        });
        let word = |at: u64| {
            (at ^ seed)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .to_le_bytes()
        };
        let block: Vec<u8> = (0..BLOCK as u64 / 8).flat_map(word).collect();
        let mut content = Vec::with_capacity(self.size + BLOCK);
        while content.len() < self.size {
            // No two blocks are the same.
            content.extend_from_slice(&word(content.len() as u64));
            content.extend_from_slice(&block);
        }
        content.truncate(self.size);
        content
    }
}

/// Every case of a store that keeps checksums, or of one that keeps none.
fn cases(keeps: bool) -> Vec<Case> {
    const PROVEN: (&str, &str) = ("=c", "*");
    const ETAG_ONLY: (&str, &str) = ("=c", "~");
    const NOTHING: (&str, &str) = ("~", "~");
    let form = |part, sum, encryption| Form {
        part,
        sum,
        encryption,
    };
    let around = |part: usize| [part - 1, part, part + 1];
    let five = 5 * MIB;
    let managed = Encryption::Managed;
    let mut cases = Vec::new();
    let mut add = |form: &Form, sizes: &[usize], said| {
        cases.extend(sizes.iter().map(|size| Case::new(form, *size, said)));
    };
    if !keeps {
        add(&form(None, None, managed), &[0, 1, five], PROVEN);
        for part in [5, 8, 16, 64] {
            let sizes = around(part * MIB);
            add(&form(Some(part * MIB), None, managed), &sizes, ETAG_ONLY);
        }
        // What some clients choose: the size over the number of parts, rounded up to a MiB.
        add(&form(Some(7 * MIB), None, managed), &[13 * MIB], ETAG_ONLY);
        add(&form(Some(five + 77), None, managed), &[11 * MIB], NOTHING);
        add(&form(None, None, Encryption::Kms), &[1, five], NOTHING);
        add(&form(None, None, Encryption::Customer), &[1, five], NOTHING);
        return cases;
    }
    let full = |algorithm| Some((algorithm, false));
    let composite = |algorithm| Some((algorithm, true));
    let nvme = || full(ChecksumAlgorithm::Crc64Nvme);
    let sizes = [0, 1, five - 1, five, five + 1];
    for encryption in [managed, Encryption::Kms, Encryption::Customer] {
        add(&form(None, nvme(), encryption), &sizes, PROVEN);
        add(&form(Some(five), nvme(), encryption), &around(five), PROVEN);
    }
    for part in [8, 16, 64] {
        let parts = form(Some(part * MIB), nvme(), managed);
        add(&parts, &around(part * MIB), PROVEN);
    }
    add(
        &form(Some(five), full(ChecksumAlgorithm::Crc32), managed),
        &around(five),
        PROVEN,
    );
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        // An odd part size: nothing but the parts' own checksums tells.
        let parts = form(Some(five + 13), composite(algorithm), managed);
        add(&parts, &[1, five + 13, 2 * five + 1], PROVEN);
    }
    cases
}

struct Writer(Client);

/// Sets what a form asks of any request that makes an object.
macro_rules! encrypted {
    ($request:expr, $encryption:expr) => {{
        let kms = ($encryption == Encryption::Kms).then_some(ServerSideEncryption::AwsKms);
        $request.set_server_side_encryption(kms)
    }};
}

macro_rules! locked {
    ($request:expr, $encryption:expr) => {{
        let customer = $encryption == Encryption::Customer;
        $request
            .set_sse_customer_algorithm(customer.then(|| "AES256".to_owned()))
            .set_sse_customer_key(customer.then(|| STANDARD.encode(KEY)))
            .set_sse_customer_key_md5(
                customer.then(|| STANDARD.encode(<md5::Md5 as md5::Digest>::digest(KEY))),
            )
    }};
}

impl Writer {
    fn new(desk: &Desk) -> Self {
        let config = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(desk.demo.endpoint())
            .region(Region::new(REGION))
            .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test"))
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .force_path_style(true);
        Self(Client::from_conf(config.build()))
    }

    async fn write(&self, case: &Case) {
        let content = Bytes::from(case.content());
        match case.form.part {
            None => self.put(case, content).await,
            Some(part) => self.in_parts(case, content, part).await,
        }
    }

    async fn put(&self, case: &Case, content: Bytes) {
        let Form {
            sum, encryption, ..
        } = &case.form;
        let request = self.0.put_object().bucket(BUCKET).key(&case.name);
        let request = request
            .body(ByteStream::from(content))
            .set_checksum_algorithm(sum.as_ref().map(|(algorithm, _)| algorithm.clone()));
        let request = encrypted!(request, *encryption);
        locked!(request, *encryption).send().await.unwrap();
    }

    async fn in_parts(&self, case: &Case, content: Bytes, part: usize) {
        let Form {
            sum, encryption, ..
        } = &case.form;
        let (name, algorithm) = (
            &case.name,
            sum.as_ref().map(|(algorithm, _)| algorithm.clone()),
        );
        let kind = |(_, composite): &(ChecksumAlgorithm, bool)| {
            if *composite {
                ChecksumType::Composite
            } else {
                ChecksumType::FullObject
            }
        };
        let begun = self.0.create_multipart_upload().bucket(BUCKET).key(name);
        let begun = begun
            .set_checksum_algorithm(algorithm.clone())
            .set_checksum_type(sum.as_ref().map(kind));
        let begun = encrypted!(begun, *encryption);
        let begun = locked!(begun, *encryption).send().await.unwrap();
        let id = begun.upload_id().unwrap();
        let mut parts = Vec::new();
        for at in (0..content.len().max(1)).step_by(part) {
            let body = content.slice(at..content.len().min(at + part));
            let number = i32::try_from(parts.len() + 1).unwrap();
            let request = self.0.upload_part().bucket(BUCKET).key(name).upload_id(id);
            let request = request
                .part_number(number)
                .body(ByteStream::from(body))
                .set_checksum_algorithm(algorithm.clone());
            let sent = locked!(request, *encryption).send().await.unwrap();
            parts.push(
                CompletedPart::builder()
                    .part_number(number)
                    .set_e_tag(sent.e_tag().map(str::to_owned))
                    .set_checksum_crc32(sent.checksum_crc32().map(str::to_owned))
                    .set_checksum_crc32_c(sent.checksum_crc32_c().map(str::to_owned))
                    .set_checksum_crc64_nvme(sent.checksum_crc64_nvme().map(str::to_owned))
                    .set_checksum_sha256(sent.checksum_sha256().map(str::to_owned))
                    .build(),
            );
        }
        let list = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let request = self.0.complete_multipart_upload().bucket(BUCKET).key(name);
        let request = request.upload_id(id).multipart_upload(list.build());
        locked!(request, *encryption).send().await.unwrap();
    }
}

fn bucket() -> Location {
    Location::parse(&format!("s3://{BUCKET}/")).unwrap()
}

/// What a comparison says of each case whose object needs a customer's key, or of those that need none.
async fn said(desk: &mut Desk, cases: &[&Case], customer: bool) -> Vec<(String, String)> {
    let key = desk.path("key");
    std::fs::write(&key, KEY).unwrap();
    let names = cases
        .iter()
        .map(|case| wharf::domain::filter::Glob::Include(format!("/{}", case.name)));
    let mut options = SyncOptions {
        check: Level::Checksum,
        sse: customer.then(|| format!("customer:{}", key.display()).into()),
        ..SyncOptions::default()
    };
    options.filter.rules = names.collect();
    let told = desk.compare(&desk.local(), &bucket(), options).await;
    told.unwrap().signs()
}

/// The rows of the table, and how many are wrong.
#[derive(Default)]
struct Table {
    text: String,
    count: usize,
    wrong: usize,
}

impl Table {
    fn row(&mut self, case: &Case, flipped: bool, said: &[(String, String)]) {
        let expected = if flipped { case.other } else { case.equal };
        let found = said.iter().find(|(name, _)| *name == case.name);
        let found = found.map_or("nothing", |(_, sign)| sign);
        let content = if flipped { "another" } else { "the same" };
        let mark = if found == expected { "right" } else { "WRONG" };
        let row = format!(
            "{mark}  {found:<3} {expected:<3} {content:<9} {}",
            case.name
        );
        writeln!(self.text, "{row}").unwrap();
        self.wrong += usize::from(found != expected);
        self.count += 1;
    }

    /// Compares all cases with the same contents, or with other ones.
    async fn compare(&mut self, desk: &mut Desk, cases: &[Case], flipped: bool) {
        for case in cases {
            let mut content = case.content();
            if flipped && let Some(last) = content.last_mut() {
                *last ^= 1;
            }
            desk.file(&case.name, &content);
        }
        for customer in [false, true] {
            let locked = |case: &&Case| (case.form.encryption == Encryption::Customer) == customer;
            let asked: Vec<&Case> = cases.iter().filter(locked).collect();
            let said = said(desk, &asked, customer).await;
            for case in asked {
                self.row(case, flipped, &said);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_cases_are_right() {
    let mut table = Table::default();
    for keeps in [true, false] {
        let cases = cases(keeps);
        let mut desk = Desk::new();
        let mut limits = desk.demo.store().limits();
        limits.checksums = keeps;
        desk.demo.store().set_limits(limits);
        let writer = Writer::new(&desk);
        for case in &cases {
            writer.write(case).await;
        }
        table.compare(&mut desk, &cases, false).await;
        table.compare(&mut desk, &cases, true).await;
    }
    print_table(&table);
    assert_eq!(table.wrong, 0, "{}", table.text);
    assert!(table.count >= 60, "{} cases", table.count);
}

#[allow(clippy::print_stdout, reason = "the table is the test's result")]
fn print_table(table: &Table) {
    let right = table.count - table.wrong;
    println!("{}{right} of {} cases right", table.text, table.count);
}
