using System.IO.Compression;

namespace PatientGrains.Gateway.Tests.Intake;

/// <summary>The Synthea Bundles beside the repository; see shared/data/INVENTORY.md there.</summary>
internal static class Synthea
{
    public static string? Folder { get; } = Find();

    /// <summary>All Bundles in the order of their names: the two batches of hospitals and practitioners come first.</summary>
    public static IEnumerable<(string Name, byte[] Json)> Bundles()
    {
        foreach (string path in Directory.EnumerateFiles(Folder!, "*.json.gz").Order(StringComparer.Ordinal))
        {
            using var file = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
            using var memory = new MemoryStream();
            file.CopyTo(memory);
            yield return (Path.GetFileName(path), memory.ToArray());
        }
    }

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "PatientGrains.sln")))
                continue;
            string data = Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", "data", "synthea"));
            return Directory.Exists(data) ? data : null;
        }
        return null;
    }
}

/// <summary>Needs the Synthea Bundles; skipped where they are missing, but not in CI.</summary>
public sealed class SyntheaFactAttribute : FactAttribute
{
    public SyntheaFactAttribute()
    {
        if (Synthea.Folder is null && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "../shared/data/synthea is missing: 122 Synthea Bundles from samply/blaze, .github/test-data/synthea (Apache-2.0).";
    }
}
