//! A job's manifest: a CSV without a header, whose keys are percent-encoded.

use crate::demo::{s3::Place, uri};

use super::asked::Field;

/// The objects that a manifest names; why it is none.
pub(super) fn read(body: &[u8], fields: &[Field]) -> Result<Vec<Place>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(body);
    let mut places = Vec::new();
    for (line, row) in (1..).zip(reader.records()) {
        let row = row.map_err(|error| format!("Line {line} of the manifest: {error}"))?;
        if row.len() != fields.len() {
            return Err(format!(
                "Line {line} of the manifest has {} columns, not {}",
                row.len(),
                fields.len()
            ));
        }
        let of = |field: Field| {
            let at = fields.iter().position(|own| *own == field)?;
            row.get(at).filter(|text| !text.is_empty())
        };
        let (Some(bucket), Some(key)) = (of(Field::Bucket), of(Field::Key)) else {
            return Err(format!("Line {line} of the manifest names no object"));
        };
        let key = uri::decode(&key.replace('+', " "));
        places.push(Place {
            bucket: bucket.to_owned(),
            key: key.ok_or_else(|| format!("Line {line} of the manifest has a broken key"))?,
            version: of(Field::Version).map(str::to_owned),
        });
    }
    let Some(first) = places.first() else {
        return Err("The manifest names no object".to_owned());
    };
    if places.iter().any(|place| place.bucket != first.bucket) {
        return Err("All objects of a manifest must be in one bucket".to_owned());
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::{Field, read};

    #[test]
    fn keys_are_decoded_and_columns_counted() {
        let fields = [Field::Bucket, Field::Key, Field::Version];
        let found = read(b"b,a%2Cb%20c%0A,v1\n\"b\",\"x+y\",\n", &fields).unwrap();
        assert_eq!(
            (found[0].key.as_str(), found[0].version.as_deref()),
            ("a,b c\n", Some("v1"))
        );
        assert_eq!(
            (found[1].key.as_str(), found[1].version.as_deref()),
            ("x y", None)
        );
        for (text, told) in [
            ("b,k\n", "columns"),
            ("", "no object"),
            ("b,,\n", "names no object"),
            ("b,%zz,\n", "broken key"),
            ("b,k,\nc,k,\n", "one bucket"),
        ] {
            let refused = read(text.as_bytes(), &fields).unwrap_err();
            assert!(refused.contains(told), "{refused}");
        }
    }
}
