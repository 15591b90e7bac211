//! The forms of output as typed.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SourcesForm {
    Table,
    Jsonl,
    Csv,
}

impl From<SourcesForm> for plaint::commands::sources::Form {
    fn from(form: SourcesForm) -> Self {
        match form {
            SourcesForm::Table => Self::Table,
            SourcesForm::Jsonl => Self::Jsonl,
            SourcesForm::Csv => Self::Csv,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FormatsForm {
    Table,
    Jsonl,
}

impl From<FormatsForm> for plaint::commands::formats::Form {
    fn from(form: FormatsForm) -> Self {
        match form {
            FormatsForm::Table => Self::Table,
            FormatsForm::Jsonl => Self::Jsonl,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum EventsForm {
    Jsonl,
    Csv,
    Intelmq,
}

impl From<EventsForm> for plaint::commands::events::Form {
    fn from(form: EventsForm) -> Self {
        match form {
            EventsForm::Jsonl => Self::Jsonl,
            EventsForm::Csv => Self::Csv,
            EventsForm::Intelmq => Self::Intelmq,
        }
    }
}
