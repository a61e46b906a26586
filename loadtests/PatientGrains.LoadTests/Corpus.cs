using System.IO.Compression;
using System.Runtime.InteropServices;
using PatientGrains.Fhir;
using PatientGrains.Synthetic;

namespace PatientGrains.LoadTests;

/// <summary>A Bundle as it lies in its file, unpacked, and where the resources lie in it.</summary>
internal sealed record Document(string Path, byte[] Packed, byte[] Json, bool IsTransaction, IReadOnlyList<Range> Resources)
{
    /// <summary>What the log makes one commit of: the patient of a transaction, each resource of a batch.</summary>
    public IEnumerable<IEnumerable<Range>> Commits => IsTransaction
        ? [Resources]
        : Resources.Select(resource => (IEnumerable<Range>)[resource]);

    public byte[] Unpack() => Corpus.Unpack(Packed);
}

/// <summary>What is imported and read: Synthea's files, or patients of our own when they are asked for. The same input gives the same
/// bytes.</summary>
internal sealed class Corpus : IDisposable
{
    private readonly DirectoryInfo? _own;

    private Corpus(string name, DirectoryInfo? own, IReadOnlyList<Document> documents)
    {
        (Name, _own, Documents) = (name, own, documents);
        Resources = documents.Sum(document => document.Resources.Count);
        Bytes = documents.Sum(document => (long)document.Json.Length);
    }

    public string Name { get; }
    public IReadOnlyList<Document> Documents { get; }
    public int Resources { get; }
    public long Bytes { get; }

    public override string ToString() =>
        FormattableString.Invariant($"{Name}: {Documents.Count} Bundles, {Resources:N0} resources, {Bytes / 1e6:N1} MB");

    /// <exception cref="DirectoryNotFoundException">There is no Synthea folder and none was asked to do without.</exception>
    public static Corpus Read(Settings settings)
    {
        var scanner = new FhirScanner();
        if (settings.Patients is not { } patients)
        {
            var files = Directory.EnumerateFiles(settings.Synthea, "*.json.gz").Order(StringComparer.Ordinal);
            return new Corpus("Synthea", null, [.. files.Select(path => Of(scanner, path, File.ReadAllBytes(path)))]);
        }
        var folder = Directory.CreateDirectory(Path.Combine(settings.Folder, $"patientgrains-load-corpus-{Environment.ProcessId}"));
        var options = new SyntheticOptions { Patients = patients };
        var patientBundles = SyntheticPopulation.Patients(options).Select(patient => patient.TransactionBundle());
        IEnumerable<ReadOnlyMemory<byte>> bundles = [SyntheticPopulation.DirectoryBundle(options), .. patientBundles];
        return new Corpus("synthetic patients", folder, [.. bundles.Select((bundle, i) =>
        {
            string path = Path.Combine(folder.FullName, FormattableString.Invariant($"{i:D6}.json.gz"));
            var packed = Pack(bundle.Span);
            File.WriteAllBytes(path, packed);
            return Of(scanner, path, packed);
        })]);
    }

    public static byte[] Unpack(byte[] packed)
    {
        using var stream = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var all = new MemoryStream();
        stream.CopyTo(all, 1 << 16);
        return all.ToArray();
    }

    private static byte[] Pack(ReadOnlySpan<byte> json)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Optimal))
            stream.Write(json);
        return packed.ToArray();
    }

    private static Document Of(FhirScanner scanner, string path, byte[] packed)
    {
        byte[] json = Unpack(packed);
        var bundle = scanner.Scan(json).Bundle ?? throw new InvalidDataException($"{path} is no Bundle.");
        bool isTransaction = bundle.Type == "transaction";
        return new Document(path, packed, json, isTransaction, [.. bundle.Entries.Select(entry => RangeOf(entry.Resource!.Source))]);
    }

    private static Range RangeOf(ReadOnlyMemory<byte> part) => MemoryMarshal.TryGetArray(part, out var segment)
        ? new Range(segment.Offset, segment.Offset + segment.Count)
        : throw new InvalidOperationException("A scanned resource is no part of its Bundle.");

    public void Dispose() => _own?.Delete(recursive: true);
}
