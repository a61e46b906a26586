using PatientGrains.Host.Evaluation;

namespace PatientGrains.Host.Tests;

/// <summary>Hand-made stays in the Challenge's format.</summary>
internal static class Psv
{
    /// <param name="label">The first labelled row, or none.</param>
    /// <param name="rows">Of each hour, what was measured: <c>HR=120 Resp=30</c>.</param>
    public static string[] Lines(int? label, params IEnumerable<string> rows) =>
        [SepsisColumns.Header, .. rows.Select((row, index) => Line(row, index + 1, index >= label))];

    public static string Line(string values, int hour, bool isLabelled = false)
    {
        string[] names = SepsisColumns.Header.Split('|');
        string[] fields = [.. names.Select(_ => "NaN")];
        string all = $"Age=60.5 ICULOS={hour} SepsisLabel={(isLabelled ? 1 : 0)} {values}";
        foreach (string pair in all.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=');
            fields[Array.IndexOf(names, parts[0])] = parts[1];
        }
        return string.Join('|', fields);
    }

    public static string Text(int? label, params IEnumerable<string> rows) => string.Join('\n', Lines(label, rows)) + "\n";
}
