//! The shape of a file of samples, walked from front to back.
//!
//! Fields come in any order (a coefficient may stand behind its samples), so the counts go into
//! numbered cells and the names are put to them at the end.

use std::fmt;
use std::marker::PhantomData;

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

/// An object of the file with some fields that are wanted.
pub(super) trait Object: Default {
    /// What it is, as an error says it.
    const WHAT: &'static str;

    /// Reads a field's value, if it is wanted.
    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
        walk: &mut Walk,
    ) -> Result<Known, A::Error>;

    /// Says which field is missing.
    fn lacks(&self) -> Option<&'static str>;
}

/// Whether a field was wanted.
pub(super) enum Known {
    Yes,
    No,
}

/// The whole file.
#[derive(Debug, Default)]
pub(super) struct File {
    /// `models`, where it has that.
    pub(super) models: Option<Vec<(String, Model)>>,
    /// One model's object that stands alone.
    pub(super) alone: Model,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) name: Option<String>,
    pub(super) layers: Option<Vec<Layer>>,
}

#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) layer: Option<u64>,
    pub(super) experiments: Option<Vec<Experiment>>,
}

#[derive(Debug, Default)]
pub(super) struct Experiment {
    pub(super) scenario: Option<String>,
    pub(super) conditions: Option<Vec<Condition>>,
}

#[derive(Debug, Default)]
pub(super) struct Condition {
    pub(super) alpha: Option<f64>,
    /// Where its samples are counted.
    pub(super) cell: Option<usize>,
}

impl Model {
    pub(super) const fn has_layers(&self) -> bool {
        self.layers.is_some()
    }
}

/// Puts a value where there is none yet.
fn once<T, E: Error>(place: &mut Option<T>, value: T, name: &str) -> Result<Known, E> {
    if place.replace(value).is_some() {
        return Err(E::custom(format!("the field `{name}` stands here twice")));
    }
    Ok(Known::Yes)
}

impl Object for File {
    const WHAT: &'static str =
        "an object with `models`, or one model's object with `layer_results`";

    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
        walk: &mut Walk,
    ) -> Result<Known, A::Error> {
        match name {
            "models" => once(&mut self.models, map.next_value_seed(NamedModels(walk))?, name),
            _ => self.alone.field(name, map, walk),
        }
    }

    fn lacks(&self) -> Option<&'static str> {
        (self.models.is_none() && !self.alone.has_layers()).then_some("models` or `layer_results")
    }
}

impl Object for Model {
    const WHAT: &'static str = "a model's object with `layer_results`";

    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
        walk: &mut Walk,
    ) -> Result<Known, A::Error> {
        match name {
            "model" => once(&mut self.name, map.next_value()?, name),
            "layer_results" => once(&mut self.layers, map.next_value_seed(List::new(walk))?, name),
            _ => Ok(Known::No),
        }
    }

    fn lacks(&self) -> Option<&'static str> {
        self.layers.is_none().then_some("layer_results")
    }
}

impl Object for Layer {
    const WHAT: &'static str = "a layer's object with `layer` and `experiments`";

    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
        walk: &mut Walk,
    ) -> Result<Known, A::Error> {
        match name {
            "layer" => once(&mut self.layer, map.next_value()?, name),
            "experiments" => {
                once(&mut self.experiments, map.next_value_seed(List::new(walk))?, name)
            }
            _ => Ok(Known::No),
        }
    }

    fn lacks(&self) -> Option<&'static str> {
        match (self.layer, &self.experiments) {
            (None, _) => Some("layer"),
            (_, None) => Some("experiments"),
            _ => None,
        }
    }
}

impl Object for Experiment {
    const WHAT: &'static str = "an experiment's object with `scenario` and `conditions`";

    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
        walk: &mut Walk,
    ) -> Result<Known, A::Error> {
        match name {
            "scenario" => once(&mut self.scenario, map.next_value()?, name),
            "conditions" => once(&mut self.conditions, map.next_value_seed(List::new(walk))?, name),
            _ => Ok(Known::No),
        }
    }

    fn lacks(&self) -> Option<&'static str> {
        match (&self.scenario, &self.conditions) {
            (None, _) => Some("scenario"),
            (_, None) => Some("conditions"),
            _ => None,
        }
    }
}

impl Object for Condition {
    const WHAT: &'static str = "a condition's object with `alpha` and `samples`";

    fn field<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        map: &mut A,
        walk: &mut Walk,
    ) -> Result<Known, A::Error> {
        match name {
            "alpha" => once(&mut self.alpha, map.next_value()?, name),
            "samples" => {
                let cell = walk.tally.begin();
                map.next_value_seed(Samples { walk, cell })?;
                once(&mut self.cell, cell, name)
            }
            _ => Ok(Known::No),
        }
    }

    fn lacks(&self) -> Option<&'static str> {
        match (self.alpha, self.cell) {
            (None, _) => Some("alpha"),
            (_, None) => Some("samples"),
            _ => None,
        }
    }
}

/// Reads one object.
pub(super) struct OneObject<'w, T>(&'w mut Walk, PhantomData<T>);

impl<'w, T> OneObject<'w, T> {
    pub(super) const fn new(walk: &'w mut Walk) -> Self {
        Self(walk, PhantomData)
    }
}

impl<'de, T: Object> DeserializeSeed<'de> for OneObject<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, T: Object> Visitor<'de> for OneObject<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut object = T::default();
        while let Some(name) = map.next_key::<String>()? {
            self.0.within(Step::Field(name.clone()), |walk| {
                if let Known::No = object.field(&name, &mut map, walk)? {
                    map.next_value::<IgnoredAny>()?;
                }
                Ok(())
            })?;
        }
        match object.lacks() {
            Some(field) => Err(A::Error::custom(format!("there is no field `{field}`"))),
            None => Ok(object),
        }
    }
}

/// Reads a list of objects.
struct List<'w, T>(&'w mut Walk, PhantomData<T>);

impl<'w, T> List<'w, T> {
    const fn new(walk: &'w mut Walk) -> Self {
        Self(walk, PhantomData)
    }
}

impl<'de, T: Object> DeserializeSeed<'de> for List<'_, T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<T>, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, T: Object> Visitor<'de> for List<'_, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list, each item {}", T::WHAT)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        let mut next = |walk: &mut Walk| list.next_element_seed(OneObject::new(walk));
        while let Some(item) = self.0.within(Step::Item(items.len()), &mut next)? {
            items.push(item);
        }
        Ok(items)
    }
}

/// Reads `models`.
struct NamedModels<'w>(&'w mut Walk);

impl<'de> DeserializeSeed<'de> for NamedModels<'_> {
    type Value = Vec<(String, Model)>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for NamedModels<'_> {
    type Value = Vec<(String, Model)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object that holds a model's object under each name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut models = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let model = self.0.within(Step::Field(name.clone()), |walk| {
                map.next_value_seed(OneObject::new(walk))
            })?;
            models.push((name, model));
        }
        Ok(models)
    }
}

/// Reads the samples of a cell.
struct Samples<'w> {
    walk: &'w mut Walk,
    cell: usize,
}

impl<'de> DeserializeSeed<'de> for Samples<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

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

impl<'de> DeserializeSeed<'de> for Sample<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

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
