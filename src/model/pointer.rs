//! JSON pointers (RFC 6901), built without allocation while a document is walked and written out
//! only when a fault is found.

use std::fmt;

/// A place in a JSON document: the whole of it, or a member or an entry of another place.
#[derive(Clone, Copy)]
pub enum Pointer<'a> {
    /// The whole document.
    Root,
    /// A member of an object.
    Member(&'a Pointer<'a>, &'a str),
    /// An entry of a list, counted from zero.
    Entry(&'a Pointer<'a>, usize),
}

impl Pointer<'_> {
    /// The place of a member of the object here.
    pub fn member<'b>(&'b self, name: &'b str) -> Pointer<'b> {
        Pointer::Member(self, name)
    }

    /// The place of an entry of the list here.
    pub fn entry(&self, index: usize) -> Pointer<'_> {
        Pointer::Entry(self, index)
    }
}

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pointer::Root => Ok(()),
            Pointer::Member(parent, name) => {
                write!(out, "{parent}/{}", name.replace('~', "~0").replace('/', "~1"))
            }
            Pointer::Entry(parent, index) => write!(out, "{parent}/{index}"),
        }
    }
}
