#include "kubeconfigs/fill_in.hpp"

#include <fstream>

namespace kubeconfigs {

std::string fill_in(std::string text, const words& values)
{
    // From the end of the alphabet, so that CA_DATA is replaced before CA.
    for (auto word = values.rbegin(); word != values.rend(); ++word)
    {
        const std::string name = "$" + word->first;
        for (auto at = text.find(name); at != std::string::npos;
             at = text.find(name, at + word->second.size()))
        {
            text.replace(at, name.size(), word->second);
        }
    }
    return text;
}

words write_files(const corpus_case& from, const std::filesystem::path& folder, words values)
{
    values["DIR"] = folder.string();
    const auto write = [&](const std::string& name, const std::string& text) {
        const auto path = folder / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << fill_in(text, values);
        if (name.ends_with(".sh"))
        {
            std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        }
    };
    write("ca.crt", "$CA_PEM");
    write("me.crt", "$CERT_PEM");
    write("me.key", "$KEY_PEM");
    for (const corpus_file& file : from.files)
    {
        write(file.name, file.text);
    }
    return values;
}

}  // namespace kubeconfigs
