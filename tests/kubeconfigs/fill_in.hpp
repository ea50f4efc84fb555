#pragma once

#include "kubeconfigs/corpus.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace kubeconfigs {

// The values of the words of the corpus ("SERVER", "CA_DATA" ...), without those of the case's folder.
using words = std::map<std::string, std::string>;

// Replaces every $WORD that has a value; the longest word counts.
std::string fill_in(std::string text, const words& values);

// Writes the files of a case with everything filled in, and returns the values with DIR.
words write_files(const corpus_case& from, const std::filesystem::path& folder, words values);

}  // namespace kubeconfigs
