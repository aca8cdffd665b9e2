//! JSON pointers (RFC 6901). They are built without allocation and formatted only for a fault.

use std::fmt;

/// A place in a JSON document.
#[derive(Clone, Copy)]
pub enum Pointer<'a> {
    /// The document.
    Root,
    /// A member of an object.
    Member(&'a Pointer<'a>, &'a str),
    /// An entry of a list, counted from 0.
    Entry(&'a Pointer<'a>, usize),
}

impl Pointer<'_> {
    /// Returns the pointer to a member of this object.
    pub fn member<'b>(&'b self, name: &'b str) -> Pointer<'b> {
        Pointer::Member(self, name)
    }

    /// Returns the pointer to an entry of this list.
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
