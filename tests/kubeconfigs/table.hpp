#pragma once

#include <string>
#include <vector>

namespace kubeconfigs {

// What becomes of a field or a rule of kubeconfigs.
struct table_row
{
    std::string section;  // where the field stands: "Files", "Cluster" ...
    std::string field;
    std::string outcome;             // "honoured", "refused", "no effect" ...
    std::string meaning;             // what that means
    std::string difference;          // from kubectl, with the reason; empty: none
    std::vector<std::string> cases;  // of the corpus, that show it
};

// Every field of client-go's clientcmd/api/v1 and every rule of its ClientConfigLoadingRules.
const std::vector<table_row>& table();

std::vector<table_row> rows_of_files();
std::vector<table_row> rows_of_fields();

// The table as Markdown.
std::string as_markdown(const std::vector<table_row>& rows);

}  // namespace kubeconfigs
