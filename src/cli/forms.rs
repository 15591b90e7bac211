//! The forms of output that `--format` names.

use clap::ValueEnum;
use plaint::commands::sources::Form;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SourcesForm {
    Table,
    Jsonl,
    Csv,
    Parquet,
}

impl From<SourcesForm> for Form {
    fn from(form: SourcesForm) -> Self {
        match form {
            SourcesForm::Table => Self::Table,
            SourcesForm::Jsonl => Self::Jsonl,
            SourcesForm::Csv => Self::Csv,
            SourcesForm::Parquet => Self::Parquet,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum EventsForm {
    Jsonl,
    Csv,
    Parquet,
    Intelmq,
}

impl From<EventsForm> for plaint::commands::events::Form {
    fn from(form: EventsForm) -> Self {
        match form {
            EventsForm::Jsonl => Self::Jsonl,
            EventsForm::Csv => Self::Csv,
            EventsForm::Parquet => Self::Parquet,
            EventsForm::Intelmq => Self::Intelmq,
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
