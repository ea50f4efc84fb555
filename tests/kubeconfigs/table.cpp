#include "kubeconfigs/table.hpp"

namespace kubeconfigs {

const std::vector<table_row>& table()
{
    static const auto all = [] {
        auto rows = rows_of_files();
        const auto fields = rows_of_fields();
        rows.insert(rows.end(), fields.begin(), fields.end());
        return rows;
    }();
    return all;
}

std::string as_markdown(const std::vector<table_row>& rows)
{
    std::string text;
    std::string section;
    for (const table_row& row : rows)
    {
        if (row.section != section)
        {
            section = row.section;
            text += "\n### " + section +
                    "\n\n| what stands there | here | that means | beside kubectl |\n|---|---|---|---|\n";
        }
        text += "| " + row.field + " | " + row.outcome + " | " + row.meaning + " | " +
                (row.difference.empty() ? "the same" : row.difference) + " |\n";
    }
    return text;
}

}  // namespace kubeconfigs
