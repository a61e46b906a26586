using System.Text.Json;
using PatientGrains.Fhir;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Validating;

/// <summary>
/// Validation and extraction of single resources beside
/// <see cref="JsonDocument.Parse(ReadOnlyMemory{byte}, JsonDocumentOptions)"/> of the same bytes, on one thread.
/// </summary>
internal sealed class Validation : IScenario
{
    private readonly string _of;
    private readonly Func<List<ReadOnlyMemory<byte>>> _read;
    private readonly IReadOnlyList<Limit> _limits;
    private readonly FhirScanner _scanner = new();
    private List<ReadOnlyMemory<byte>> _resources = [];

    private Validation(string name, string of, Load load, Func<List<ReadOnlyMemory<byte>>> read, params Limit[] limits) =>
        (Name, _of, Load, _read, _limits) = (name, of, load, read, limits);

    public static Validation OfCorpus(Bench bench) => new(
        "validate/corpus", "a resource of the corpus", bench.Settings.Turns(),
        () => [.. bench.Corpus.Documents.SelectMany(document => document.Resources.Select(
            range => (ReadOnlyMemory<byte>)document.Json.AsMemory()[range]))],
        Limit.Below(8), Limit.Below(40, Weight.Guard));

    /// <summary>HL7's official examples: larger and stranger than what hospitals send.</summary>
    public static Validation OfExamples(Settings settings) => new(
        "validate/examples", "an official example", settings.Turns(), () => Lines(Corpus.Unpack(File.ReadAllBytes(settings.Examples))));

    public string Name { get; }
    public string Measures => $"validation and extraction of {_of} on one thread, beside JsonDocument.Parse of the same bytes";
    public Load Load { get; }

    public IReadOnlyList<Contender> Beside => [new("JsonDocument.Parse", _ => Pass(resource => JsonDocument.Parse(resource).Dispose()))];

    public Task Prepare(Recorder own)
    {
        _resources = _read();
        int valid = _resources.Count(resource => _scanner.Scan(resource).IsValid);
        own.Note($"{valid:N0} of {_resources.Count:N0} valid, {_resources.Average(resource => resource.Length):N0} bytes on average");
        return Task.CompletedTask;
    }

    public ValueTask<Done> Step(Arrival arrival) => Pass(resource => _scanner.Scan(resource));

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var (ours, parse) = (measured.Ours, measured.Beside[0]);
        yield return new Figure($"validate {_of}", ours.Micros, "us")
        {
            Also = $"{Numbers.Text(ours.Allocated)} B",
            Beside = $"`JsonDocument.Parse` {Numbers.Text(parse.Micros)} us, {Numbers.Text(parse.Allocated)} B",
            Ratio = Measured.Ratio(ours, parse, round => round.Micros),
            Limits = _limits,
        };
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ValueTask<Done> Pass(Action<ReadOnlyMemory<byte>> work)
    {
        foreach (var resource in _resources)
            work(resource);
        return new ValueTask<Done>(new Done(_resources.Count));
    }

    private static List<ReadOnlyMemory<byte>> Lines(byte[] text)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        for (int start = 0, end; start < text.Length; start = end + 1)
        {
            end = Array.IndexOf(text, (byte)'\n', start);
            end = end < 0 ? text.Length : end;
            if (end > start)
                lines.Add(text.AsMemory(start, end - start));
        }
        return lines;
    }
}
