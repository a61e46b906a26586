using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Reading;

/// <summary>The same reads through Kestrel and the FHIR front, beside an address that answers without doing anything.</summary>
internal sealed class HttpReads(Bench bench, Load load) : IScenario
{
    private HttpClient? _client;
    private Resources? _resources;

    public string Name => load is OpenLoad ? "read/http-open" : "read/http";
    public string Measures => "an audited read of one resource over HTTP, one access entry each";
    public Load Load => load;
    public IReadOnlyList<Contender> Beside => [new("GET /health", _ => Http.Get(_client!, "health"))];

    public async Task Prepare(Recorder own)
    {
        var store = await bench.Store();
        _client = FilledStore.Client(await store.Front(), store.Host);
        _resources = await store.Resources(bench.Settings.Seed);
        own.Note($"{_resources}");
    }

    public ValueTask<Done> Step(Arrival arrival) => Http.Get(_client!, $"fhir/{_resources!.Of(arrival.Number).Key}");

    public IEnumerable<Figure> Figures(Measured measured) => [ReadFigures.Of("HTTP", load, measured, "`GET /health`")];

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>Requests whose answers are read to the end.</summary>
internal static class Http
{
    /// <exception cref="HttpRequestException">It was not answered well.</exception>
    public static async ValueTask<Done> Get(HttpClient client, string address)
    {
        using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
        answer.EnsureSuccessStatusCode();
        await answer.Content.CopyToAsync(Stream.Null);
        return Done.One;
    }
}
