//! An answer in XML as a tree: they are small, and what is wanted lies deep in them.

use std::borrow::Cow;

use crate::backend::s3::hot::xml::{Reads, lossy, read};

/// An element.
#[derive(Debug, Default)]
pub(super) struct Tree {
    name: String,
    text: String,
    below: Vec<Self>,
}

/// The elements that are open, the root first.
#[derive(Default)]
struct Growing(Vec<Tree>);

impl<'a> Reads<'a> for Growing {
    fn open(&mut self, name: &[u8]) {
        self.0.push(Tree {
            name: lossy(name),
            ..Tree::default()
        });
    }

    fn close(&mut self, _name: &[u8], text: Cow<'a, [u8]>) {
        // The root stays.
        if self.0.len() > 1
            && let Some(mut done) = self.0.pop()
        {
            done.text = lossy(&text);
            if let Some(above) = self.0.last_mut() {
                above.below.push(done);
            }
        }
    }
}

impl Tree {
    /// Reads a whole answer.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let mut growing = Growing::default();
        read(body, &mut growing)?;
        growing.0.pop().ok_or_else(|| "nothing is in it".to_owned())
    }

    /// The first element at a path of names below this one.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        path.split('/').try_fold(self, |at, name| {
            at.below.iter().find(|below| below.name == name)
        })
    }

    /// The text at a path; empty where there is none.
    pub(super) fn text(&self, path: &str) -> &str {
        self.at(path).map_or("", |found| found.text.as_str())
    }

    /// The members of the list at a path.
    pub(super) fn members(&self, path: &str) -> impl Iterator<Item = &Self> {
        let list = self.at(path).into_iter();
        list.flat_map(|list| list.below.iter().filter(|one| one.name == "member"))
    }

    /// The texts of a list's members.
    pub(super) fn all_members(&self) -> impl Iterator<Item = &str> {
        self.below
            .iter()
            .filter(|one| one.name == "member")
            .map(|one| one.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;

    #[test]
    fn what_lies_deep_is_found() {
        let body = b"<R xmlns='x'><Result><Groups><member><Name>a&amp;b</Name></member><member/></Groups><Next/></Result></R>";
        let tree = Tree::read(body).unwrap();
        let names: Vec<&str> = tree
            .members("Result/Groups")
            .map(|one| one.text("Name"))
            .collect();
        assert_eq!(names, ["a&b", ""]);
        assert_eq!(tree.text("Result/Next"), "");
        assert!(tree.at("Result/Lost").is_none());
        assert!(Tree::read(b"<R><Result>").is_err());
    }
}
