using System.Text.RegularExpressions;

namespace PatientGrains.House.Tests;

/// <summary>What may lie in the tree, and what its texts may say.</summary>
internal static partial class TreeRules
{
    public const int ReadmeLines = 80;

    /// <summary>Larger than any source; the tables that the generator writes are the one thing that comes near.</summary>
    public const long MaxFileBytes = 1_000_000;

    private static readonly string[] TextEndings =
        [".cs", ".csproj", ".props", ".targets", ".md", ".sln", ".yml", ".yaml", ".json", ".sh", ".proto", ".html", ".css", ".js", ".txt",
            ".editorconfig", "run"];

    private static readonly string[] DataEndings =
        [".gz", ".zip", ".ndjson", ".csv", ".tsv", ".parquet", ".db", ".sqlite", ".sqlite3", ".hl7", ".psv", ".xlsx", ".dll", ".exe",
            ".nupkg"];

    // The words are put together here, so that this file does not hold them.
    private static readonly (string Word, string Why)[] Words =
    [
        (@"\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK)\b", "do it or leave it out; nobody reads such marks"),
        ("/wo" + "rk/", "a path of one machine"),
        (@"\bpg" + @"build\b", "a tool of one workplace"),
        (@"\bfarm" + @"-\w", "a tool of one workplace"),
        (@"\bhelpers" + @"\.md\b", "not in this repository"),
        (@"\bDESIGN" + @"\.md\b", "not in this repository: say what it says"),
        (@"\bissue" + @"s? (show|#?\d)", "not in this repository: say what it says"),
    ];

    public static bool IsText(string path) => TextEndings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal));

    public static IEnumerable<string> ForeignWords(string path, string text)
    {
        foreach (var (word, why) in Words)
        {
            foreach (Match match in Regex.Matches(text, word))
                yield return $"{path}({text.AsSpan(0, match.Index).Count('\n') + 1}): {match.Value}: {why}.";
        }
    }

    public static IEnumerable<string> DataFiles(IEnumerable<(string Path, long Bytes)> files)
    {
        foreach (var (path, bytes) in files)
        {
            if (DataEndings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)))
                yield return $"{path}: data and binaries are not committed; tests read data from beside the clone, or make it.";
            else if (bytes > MaxFileBytes)
                yield return $"{path}: {bytes} bytes; {MaxFileBytes} is the wall.";
        }
    }

    public static IEnumerable<string> DeadLinks(string path, string text, Func<string, bool> exists)
    {
        string folder = path.Contains('/') ? path[..path.LastIndexOf('/')] : "";
        foreach (Match match in Link().Matches(text))
        {
            string target = match.Groups[1].Value.Split('#')[0];
            if (target.Length == 0 || target.Contains(':'))
                continue;
            string full = Path.GetFullPath(Path.Combine("/", target.StartsWith('/') ? "" : folder, target.TrimStart('/')))[1..];
            if (!exists(full))
                yield return $"{path}: the link to {target} is dead.";
        }
    }

    public static IEnumerable<string> Readme(string folder, string name, string? text)
    {
        if (text is null)
            yield return $"{folder} has no README.md: its one job, what it may reference, dated decisions, limits.";
        else if (!text.StartsWith($"# {name}\n", StringComparison.Ordinal))
            yield return $"{folder}/README.md does not start with its name: # {name}";
        else if (text.TrimEnd().Split('\n') is { Length: var lines } && lines is > ReadmeLines or < 3)
            yield return $"{folder}/README.md has {lines} lines: more than 3, at most {ReadmeLines}.";
    }

    [GeneratedRegex(@"\]\(\s*<?([^)>\s]+)>?[^)]*\)")]
    private static partial Regex Link();
}
