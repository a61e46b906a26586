using System.IO.Compression;
using System.Text.Json;

namespace PatientGrains.Synthetic.Tests;

/// <summary>HL7's definitions beside the repository (../shared/data/fhir-r4), which are read and never committed.</summary>
internal static class SharedData
{
    public static string? Folder { get; } = Find();

    public static IEnumerable<JsonElement> Definitions(string file)
    {
        using var unzipped = new GZipStream(File.OpenRead(Path.Combine(Folder!, file)), CompressionMode.Decompress);
        return JsonDocument.Parse(unzipped).RootElement.Entries().Select(x => x.GetProperty("resource"));
    }

    private static string? Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PatientGrains.sln")))
            folder = folder.Parent;
        var data = folder is null ? null : Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", "data", "fhir-r4"));
        return Directory.Exists(data) ? data : null;
    }
}

/// <summary>Skips visibly where HL7's definitions are missing; in CI (CI=true) the test runs and fails instead.</summary>
public sealed class FactWithDefinitionsAttribute : FactAttribute
{
    public FactWithDefinitionsAttribute()
    {
        if (SharedData.Folder is null && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "Needs HL7's FHIR R4 definitions (npm hl7.fhir.r4.examples 4.0.1) in ../shared/data/fhir-r4.";
    }
}
