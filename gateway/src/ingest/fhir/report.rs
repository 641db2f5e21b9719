//! A DiagnosticReport with its results, or an Observation of the laboratory that stands alone, as the report
//! that the ward knows.
//!
//! The results are those that the message carries, inside the report or beside it, and the members of a
//! panel. A result that is nowhere to be found is a fault: it would be lost.

use std::collections::HashSet;

use rules::vital::MessageKey;

use super::element::{Coding, Reference};
use super::fault::{Fault, Issue};
use super::message::is_own;
use super::resource::{DiagnosticReport, Life, Measurement, Observation, parse};
use super::result::{self, Shared};
use super::shelf::{Beside, Place, Shelf, Sight, Standing};
use super::subject::{Subject, Told};
use super::time;
use crate::clock::Wall;
use crate::event::{LabItem, LabReport, OrderNumber, Uhid, key_of};
use crate::ingest::profile::{self, are_other_fluids};

/// How deep panels may lie in one another.
const PANELS_MOST: usize = 4;

/// What all reports of a message share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    pub(super) shelf: &'a Shelf<'a>,
    pub(super) authority: &'a str,
    pub(super) arrived: Wall,
    /// By which a person finds the message again.
    pub(super) control_id: &'a str,
}

/// A report as it was read.
#[derive(Debug)]
pub(super) struct Reported {
    pub(super) report: LabReport,
    /// The entries that it took in, by their number on the shelf.
    pub(super) members: HashSet<usize>,
    /// Whether it is a test and no patient's.
    pub(super) is_test: bool,
    /// Whether the same content can be told to be the same thing: it has an identifier or a time.
    pub(super) is_identified: bool,
}

/// Reads a report. `taken` are the entries that belong to a report already.
///
/// # Errors
/// It or one of its results cannot be read; the fault says where in the message.
pub(super) fn read(
    standing: &Standing<'_>,
    key: MessageKey,
    taken: &HashSet<usize>,
    context: Context<'_>,
) -> Result<Reported, Fault> {
    let here = |fault: Fault| fault.within(&standing.at);
    let report: DiagnosticReport = parse(standing.text).map_err(here)?;
    let inside = Shelf::inside(&report.contained, &standing.at).map_err(here)?;
    let sight = Sight { inside: &inside, outside: context.shelf };
    let mut frame = Frame::of(&report, sight, context).map_err(here)?;
    let mut gathering = Gathering {
        context,
        subject: frame.subject.clone(),
        shared: frame.shared(key),
        taken,
        members: HashSet::new(),
        inside: HashSet::new(),
        items: Vec::new(),
    };
    for (number, result) in report.result.iter().enumerate() {
        let element = format!("result[{number}].reference");
        let asking = Asking { at: &standing.at, element: &element, reference: result };
        gathering.take(&asking, sight, frame.of_another_fluid, 0)?;
    }
    let Gathering { items, members, subject, .. } = gathering;
    frame.subject = subject;
    let is_test = report.meta.has("HTEST");
    let is_identified = !report.identifier.is_empty() || items.iter().any(|item| item.sampled.is_some());
    Ok(Reported { report: frame.report(items, context.control_id), members, is_test, is_identified })
}

/// A report without its results.
struct Frame {
    life: Life,
    subject: Subject,
    accession: String,
    sampled: Option<Wall>,
    /// Whether all its specimens are surely not of blood.
    of_another_fluid: bool,
}

impl Frame {
    fn of(report: &DiagnosticReport, sight: Sight<'_>, context: Context<'_>) -> Result<Self, Fault> {
        let told = Told {
            subject: report.subject.as_ref(),
            encounter: report.encounter.as_ref(),
            device: None,
            extension: &report.extension,
        };
        let specimens = report.specimen.iter().map(|reference| specimen(reference, sight, context.arrived));
        let specimens: Vec<Drawn> = specimens.collect::<Result<_, _>>()?;
        let others: Vec<bool> =
            specimens.iter().map(|specimen| specimen.of_another_fluid == Some(true)).collect();
        let of_another_fluid = are_other_fluids(&others);
        let specimen = specimens.into_iter().next().unwrap_or_default();
        let at = time::read("effectiveDateTime", report.effective_date_time.as_deref(), context.arrived)?;
        let over = time::period("effectivePeriod", report.effective_period.as_ref(), context.arrived)?;
        let own = report.identifier.first().map(|own| own.value.clone());
        Ok(Self {
            life: Life::of(&report.status)?,
            subject: Subject::of(told, sight, context.authority)?,
            accession: own.unwrap_or(specimen.accession),
            sampled: at.or(over).or(specimen.taken),
            of_another_fluid,
        })
    }

    fn shared(&self, key: MessageKey) -> Shared {
        let Self { life, sampled, of_another_fluid, .. } = *self;
        Shared { life, sampled, of_another_fluid, key }
    }

    fn report(self, results: Vec<LabItem>, control_id: &str) -> LabReport {
        let known = Some(&self.accession).filter(|accession| !accession.is_empty());
        LabReport {
            place: self.subject.place(),
            patient: self.subject.patient,
            candidates: Vec::new(),
            numbers: known.cloned().map(OrderNumber::Accession).into_iter().collect(),
            message: if control_id.is_empty() { self.accession.clone() } else { control_id.to_owned() },
            accession: self.accession,
            attending: None,
            results,
        }
    }
}

/// What a specimen says of itself.
#[derive(Default)]
struct Drawn {
    accession: String,
    taken: Option<Wall>,
    /// Whether it is surely not of blood; `None` where it is not in the message.
    of_another_fluid: Option<bool>,
}

/// The specimen of one observation.
fn drawn(observation: &Observation, sight: Sight<'_>, arrived: Wall) -> Result<Drawn, Fault> {
    let specimen = |reference| specimen(reference, sight, arrived);
    Ok(observation.specimen.as_ref().map(specimen).transpose()?.unwrap_or_default())
}

fn is_another_fluid(kind: &Coding) -> bool {
    profile::is_another_fluid(&kind.code, kind.specimen_codes())
}

fn specimen(reference: &Reference, sight: Sight<'_>, arrived: Wall) -> Result<Drawn, Fault> {
    let named = reference.identifier.as_ref().map(|own| own.value.clone());
    let Some(Beside::Specimen(specimen)) =
        sight.find("specimen.reference", reference)?.map(|(_, found)| &found.beside)
    else {
        return Ok(Drawn { accession: named.unwrap_or_default(), ..Drawn::default() });
    };
    let collection = &specimen.collection;
    let at = time::read("specimen.collection", collection.collected_date_time.as_deref(), arrived)?;
    let over = time::period("specimen.collection", collection.collected_period.as_ref(), arrived)?;
    let accession = specimen.accession_identifier.as_ref().map(|own| own.value.clone());
    Ok(Drawn {
        accession: accession.or(named).unwrap_or_default(),
        taken: at.or(over),
        of_another_fluid: Some(specimen.sort.coding.iter().any(is_another_fluid)),
    })
}

/// A reference that is followed, and where it stands.
struct Asking<'a> {
    at: &'a str,
    element: &'a str,
    reference: &'a Reference,
}

/// The results of one report as they are found.
struct Gathering<'a> {
    context: Context<'a>,
    subject: Subject,
    shared: Shared,
    taken: &'a HashSet<usize>,
    members: HashSet<usize>,
    inside: HashSet<usize>,
    items: Vec<LabItem>,
}

impl Gathering<'_> {
    /// Takes the observation in that a reference means, and the members of it. Each is taken once; what it
    /// does not say of its specimen, `of_another_fluid` says for it.
    fn take(
        &mut self,
        asking: &Asking<'_>,
        sight: Sight<'_>,
        of_another_fluid: bool,
        depth: usize,
    ) -> Result<(), Fault> {
        let asked = |fault: Fault| fault.within(asking.at);
        let found = sight.find(asking.element, asking.reference).map_err(asked)?;
        let Some((place, standing)) = found else {
            return if is_own(&asking.reference.address) { Ok(()) } else { Err(asked(nowhere(asking))) };
        };
        if !matches!(standing.beside, Beside::Observation) || depth > PANELS_MOST {
            let why = "this must be an Observation, in a panel at most four deep";
            return Err(asked(Fault::new(Issue::Structure, asking.element, why)));
        }
        let observation: Observation = at(standing, parse(standing.text))?;
        let is_new = match place {
            Place::Inside(number) => self.inside.insert(number),
            // The vital signs that a report speaks of are judged as such, and only once.
            Place::Outside(number) if self.taken.contains(&number) || observation.is_of("vital-signs") => {
                false
            }
            Place::Outside(number) => self.members.insert(number),
        };
        if !is_new {
            return Ok(());
        }
        let own_parts = at(standing, Shelf::inside(&observation.contained, &standing.at))?;
        let sight = match place {
            Place::Inside(_) => sight,
            Place::Outside(_) => Sight { inside: &own_parts, outside: self.context.shelf },
        };
        let drawn = at(standing, drawn(&observation, sight, self.context.arrived))?;
        let of_another_fluid = drawn.of_another_fluid.unwrap_or(of_another_fluid);
        let sampled = self.shared.sampled.or(drawn.taken);
        let shared = Shared { sampled, of_another_fluid, ..self.shared };
        at(standing, self.items_of(&observation, standing, sight, shared))?;
        for (number, member) in observation.has_member.iter().enumerate() {
            let element = format!("hasMember[{number}].reference");
            let asking = Asking { at: &standing.at, element: &element, reference: member };
            self.take(&asking, sight, of_another_fluid, depth + 1)?;
        }
        Ok(())
    }

    fn items_of(
        &mut self,
        observation: &Observation,
        standing: &Standing<'_>,
        sight: Sight<'_>,
        shared: Shared,
    ) -> Result<(), Fault> {
        let own: Measurement = parse(standing.text)?;
        let subject = Subject::of(told(observation), sight, self.context.authority)?;
        agree(self.subject.patient.as_ref(), subject.patient.as_ref())?;
        let key = key_of(&[&shared.key.0.to_be_bytes(), standing.text.as_bytes()]);
        let shared = Shared { key, ..shared };
        if !observation.meta.has("HTEST") {
            self.items.extend(result::read(observation, &own, shared, self.context.arrived)?);
        }
        if self.subject.patient.is_none() && !subject.is_nobody() {
            self.subject = subject;
        }
        Ok(())
    }
}

fn at<T>(standing: &Standing<'_>, read: Result<T, Fault>) -> Result<T, Fault> {
    read.map_err(|fault| fault.within(&standing.at))
}

fn nowhere(asking: &Asking<'_>) -> Fault {
    let why = "this result is not in the message: send it in the same Bundle, or contained in its report";
    Fault::new(Issue::NotFound, asking.element, why)
}

/// A result and its report are of one patient.
fn agree(report: Option<&Uhid>, result: Option<&Uhid>) -> Result<(), Fault> {
    match (report, result) {
        (Some(report), Some(result)) if report != result => {
            let why = "the result is of another patient than its report";
            Err(Fault::new(Issue::BusinessRule, "subject", why))
        }
        _ => Ok(()),
    }
}

pub(super) fn told(observation: &Observation) -> Told<'_> {
    Told {
        subject: observation.subject.as_ref(),
        encounter: observation.encounter.as_ref(),
        device: observation.device.as_ref(),
        extension: &observation.extension,
    }
}

/// Reads an observation of the laboratory that belongs to no report.
///
/// # Errors
/// It cannot be read; the fault names the element.
pub(super) fn alone(
    observation: &Observation,
    own: &Measurement,
    sight: Sight<'_>,
    key: MessageKey,
    context: Context<'_>,
) -> Result<LabReport, Fault> {
    let drawn = drawn(observation, sight, context.arrived)?;
    let named = observation.identifier.first().map(|own| own.value.clone()).unwrap_or_default();
    let frame = Frame {
        life: Life::Counts,
        subject: Subject::of(told(observation), sight, context.authority)?,
        accession: if drawn.accession.is_empty() { named } else { drawn.accession },
        sampled: drawn.taken,
        of_another_fluid: drawn.of_another_fluid == Some(true),
    };
    let items = result::read(observation, own, frame.shared(key), context.arrived)?;
    Ok(frame.report(items, context.control_id))
}
