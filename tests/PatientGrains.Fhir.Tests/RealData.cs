using System.IO.Compression;

namespace PatientGrains.Fhir.Tests;

/// <summary>The real data beside the repository: <c>../shared/data</c>, seen from the folder that holds PatientGrains.sln.</summary>
internal static class RealData
{
    private static readonly string _repository = FindRepository();

    public static string Folder { get; } = Path.GetFullPath(Path.Combine(_repository, "..", "shared", "data"));

    public static string InRepository(string path) => Path.Combine(_repository, path);

    public static string[] Files(string folder, string pattern) =>
        [.. Directory.GetFiles(Path.Combine(Folder, folder), pattern).Order(StringComparer.Ordinal)];

    public static byte[] Read(string path)
    {
        using var file = File.OpenRead(Path.Combine(Folder, path));
        using var memory = new MemoryStream();
        if (path.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var unpacked = new GZipStream(file, CompressionMode.Decompress);
            unpacked.CopyTo(memory);
        }
        else
        {
            file.CopyTo(memory);
        }
        return memory.ToArray();
    }

    public static IEnumerable<byte[]> Lines(string path)
    {
        byte[] all = Read(path);
        int at = 0;
        while (at < all.Length)
        {
            int end = Array.IndexOf(all, (byte)'\n', at);
            end = end < 0 ? all.Length : end;
            if (end > at)
                yield return all[at..end];
            at = end + 1;
        }
    }

    public static IEnumerable<byte[]> OfficialExamples => Lines("fhir-r4/examples-4.0.1.ndjson.gz");

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PatientGrains.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("PatientGrains.sln is in no folder above the tests.");
    }
}

/// <summary>A test that needs a file or folder of the real data; skipped, saying so, where it is not, but never in CI.</summary>
internal sealed class RealDataFactAttribute : FactAttribute
{
    public RealDataFactAttribute(string path, string origin)
    {
        string full = Path.Combine(RealData.Folder, path);
        bool isThere = File.Exists(full) || Directory.Exists(full);
        if (!isThere && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = $"../shared/data/{path} is missing ({origin})";
    }
}
