/// What people see: blocks below each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    pub(super) blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Names with values.
    Fields(Vec<(&'static str, String)>),
    /// Rows below headings; the text that stands there when there are none.
    Table { headings: &'static [&'static str], rows: Vec<Vec<String>>, empty: &'static str },
    /// Lines as they are.
    Text(String),
}

impl View {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds names with values. What has no value is left out.
    pub(crate) fn fields<const N: usize>(
        mut self,
        fields: [(&'static str, Option<String>); N],
    ) -> Self {
        let there = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        self.blocks.push(Block::Fields(there.collect()));
        self
    }

    /// Adds a table; `empty` stands in the place of one without rows.
    pub(crate) fn table(
        mut self,
        headings: &'static [&'static str],
        rows: impl IntoIterator<Item = Vec<String>>,
        empty: &'static str,
    ) -> Self {
        self.blocks.push(Block::Table { headings, rows: rows.into_iter().collect(), empty });
        self
    }

    /// Adds lines.
    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Text(text.into()));
        self
    }

    /// Adds what another view has.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.blocks.extend(other.blocks);
        self
    }
}
