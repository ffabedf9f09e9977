//! The shape of a file of samples, walked from front to back.
//!
//! Fields come in any order (a coefficient may stand behind its samples), so the counts go into
//! numbered cells and the names are put to them at the end.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::tally::Tally;
use crate::dose::Cell;

/// Where the reading is, and what was counted.
#[derive(Debug, Default)]
pub(super) struct Walk {
    path: Vec<Step>,
    tally: Tally,
}

#[derive(Debug)]
enum Step {
    Field(String),
    Item(usize),
}

impl Walk {
    /// Where the reading is, or stopped, as `models.NAME.layer_results[0]`.
    pub(super) fn place(&self) -> String {
        let mut place = String::new();
        for step in &self.path {
            match step {
                Step::Field(name) if place.is_empty() => place.push_str(name),
                Step::Field(name) => place.push_str(&format!(".{name}")),
                Step::Item(index) => place.push_str(&format!("[{index}]")),
            }
        }
        place
    }

    pub(super) fn into_cells(self) -> Vec<Cell> {
        self.tally.into_cells()
    }

    /// Takes a step down, and up again unless it failed, so that the path tells where.
    fn within<T, E>(
        &mut self,
        step: Step,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.path.push(step);
        let value = read(self)?;
        self.path.pop();
        Ok(value)
    }
}

/// One kind of object in the file: they differ in names alone. Each has a label and a list, of
/// objects of the next kind or, at the end, of texts.
pub(super) struct Level {
    what: &'static str,
    label: &'static str,
    kind: LabelKind,
    needs_label: bool,
    list: &'static str,
    /// What the list holds; texts where there is none.
    within: Option<&'static Level>,
}

enum LabelKind {
    Text,
    Whole,
    Number,
}

static MODEL: Level = Level {
    what: "a model's object with `layer_results`",
    label: "model",
    kind: LabelKind::Text,
    // its key says it as well
    needs_label: false,
    list: "layer_results",
    within: Some(&LAYER),
};
static LAYER: Level = Level {
    what: "a layer's object with `layer` and `experiments`",
    label: "layer",
    kind: LabelKind::Whole,
    needs_label: true,
    list: "experiments",
    within: Some(&EXPERIMENT),
};
static EXPERIMENT: Level = Level {
    what: "an experiment's object with `scenario` and `conditions`",
    label: "scenario",
    kind: LabelKind::Text,
    needs_label: true,
    list: "conditions",
    within: Some(&CONDITION),
};
static CONDITION: Level = Level {
    what: "a condition's object with `alpha` and `samples`",
    label: "alpha",
    kind: LabelKind::Number,
    needs_label: true,
    list: "samples",
    within: None,
};

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct File {
    /// `models`, where it has that.
    pub(super) models: Option<Vec<(String, Node)>>,
    /// One model's object that stands alone.
    pub(super) alone: Node,
}

/// An object of the file. Which of its fields are there, and of what kind, was checked.
#[derive(Debug, Default)]
pub(super) struct Node {
    label: Option<Label>,
    items: Option<Items>,
}

#[derive(Debug)]
enum Label {
    Text(String),
    Whole(u64),
    Number(f64),
}

#[derive(Debug)]
enum Items {
    Nodes(Vec<Node>),
    /// Where the texts are counted.
    Cell(usize),
}

impl Node {
    pub(super) const fn has_items(&self) -> bool {
        self.items.is_some()
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Some(Label::Text(text)) = &self.label { Some(text) } else { None }
    }

    pub(super) const fn whole(&self) -> Option<u64> {
        if let Some(Label::Whole(whole)) = self.label { Some(whole) } else { None }
    }

    pub(super) const fn number(&self) -> Option<f64> {
        if let Some(Label::Number(number)) = self.label { Some(number) } else { None }
    }

    pub(super) fn nodes(&self) -> &[Self] {
        if let Some(Items::Nodes(nodes)) = &self.items { nodes } else { &[] }
    }

    pub(super) const fn cell(&self) -> Option<usize> {
        if let Some(Items::Cell(cell)) = self.items { Some(cell) } else { None }
    }

    /// Reads a field's value, or passes over it.
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        level: &'static Level,
        name: &str,
        map: &mut A,
        walk: &mut Walk,
    ) -> Result<(), A::Error> {
        if name == level.label {
            let label = match level.kind {
                LabelKind::Text => Label::Text(map.next_value()?),
                LabelKind::Whole => Label::Whole(map.next_value()?),
                LabelKind::Number => Label::Number(map.next_value()?),
            };
            return once(&mut self.label, label, name);
        }
        if name == level.list {
            let items = match level.within {
                Some(level) => Items::Nodes(map.next_value_seed(List { walk, level })?),
                None => {
                    let cell = walk.tally.begin();
                    map.next_value_seed(Samples { walk, cell })?;
                    Items::Cell(cell)
                }
            };
            return once(&mut self.items, items, name);
        }
        map.next_value::<IgnoredAny>().map(drop)
    }
}

/// Puts a value where there is none yet.
fn once<T, E: Error>(place: &mut Option<T>, value: T, name: &str) -> Result<(), E> {
    match place.replace(value) {
        Some(_) => Err(E::custom(format!("the field `{name}` stands here twice"))),
        None => Ok(()),
    }
}

fn lacking<T, E: Error>(field: &str) -> Result<T, E> {
    Err(E::custom(format!("there is no field `{field}`")))
}

/// Goes over the fields of an object.
fn fields<'de, A: MapAccess<'de>>(
    map: &mut A,
    walk: &mut Walk,
    mut read: impl FnMut(&str, &mut A, &mut Walk) -> Result<(), A::Error>,
) -> Result<(), A::Error> {
    while let Some(name) = map.next_key::<String>()? {
        walk.within(Step::Field(name.clone()), |walk| read(&name, map, walk))?;
    }
    Ok(())
}

/// Lets a visitor read what it expects, by the deserializer's method of that name.
macro_rules! seed {
    ($visitor:ident, $value:ty, $method:ident) => {
        impl<'de> DeserializeSeed<'de> for $visitor<'_> {
            type Value = $value;

            fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<$value, D::Error> {
                from.$method(self)
            }
        }
    };
}

/// Reads the file.
pub(super) struct WholeFile<'w>(pub(super) &'w mut Walk);
seed!(WholeFile, File, deserialize_map);

impl<'de> Visitor<'de> for WholeFile<'_> {
    type Value = File;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `models`, or one model's object with `layer_results`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<File, A::Error> {
        let mut file = File::default();
        fields(&mut map, self.0, |name, map, walk| match name {
            "models" => once(&mut file.models, map.next_value_seed(NamedModels(walk))?, name),
            _ => file.alone.field(&MODEL, name, map, walk),
        })?;
        if file.models.is_none() && !file.alone.has_items() {
            return lacking("models` or `layer_results");
        }
        Ok(file)
    }
}

/// Reads `models`.
struct NamedModels<'w>(&'w mut Walk);
seed!(NamedModels, Vec<(String, Node)>, deserialize_map);

impl<'de> Visitor<'de> for NamedModels<'_> {
    type Value = Vec<(String, Node)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object that holds a model's object under each name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut models = Vec::new();
        fields(&mut map, self.0, |name, map, walk| {
            models.push((name.to_owned(), map.next_value_seed(One { walk, level: &MODEL })?));
            Ok(())
        })?;
        Ok(models)
    }
}

/// Reads an object.
struct One<'w> {
    walk: &'w mut Walk,
    level: &'static Level,
}
seed!(One, Node, deserialize_map);

impl<'de> Visitor<'de> for One<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.level.what)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let (mut node, level) = (Node::default(), self.level);
        fields(&mut map, self.walk, |name, map, walk| node.field(level, name, map, walk))?;
        if node.label.is_none() && level.needs_label {
            return lacking(level.label);
        }
        if node.items.is_none() {
            return lacking(level.list);
        }
        Ok(node)
    }
}

/// Reads a list of objects.
struct List<'w> {
    walk: &'w mut Walk,
    level: &'static Level,
}
seed!(List, Vec<Node>, deserialize_seq);

impl<'de> Visitor<'de> for List<'_> {
    type Value = Vec<Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list, each item {}", self.level.what)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Node>, A::Error> {
        let (mut nodes, level) = (Vec::new(), self.level);
        let mut next = |walk: &mut Walk| list.next_element_seed(One { walk, level });
        while let Some(node) = self.walk.within(Step::Item(nodes.len()), &mut next)? {
            nodes.push(node);
        }
        Ok(nodes)
    }
}

/// Reads the samples of a cell.
struct Samples<'w> {
    walk: &'w mut Walk,
    cell: usize,
}
seed!(Samples, (), deserialize_seq);

impl<'de> Visitor<'de> for Samples<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let cell = self.cell;
        let mut next = |walk: &mut Walk| list.next_element_seed(Sample { walk, cell });
        let mut count = 0;
        while self.walk.within(Step::Item(count), &mut next)?.is_some() {
            count += 1;
        }
        Ok(())
    }
}

/// Reads one sample without keeping it.
struct Sample<'w> {
    walk: &'w mut Walk,
    cell: usize,
}
seed!(Sample, (), deserialize_str);

impl Visitor<'_> for Sample<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.walk.tally.add(self.cell, text);
        Ok(())
    }
}
