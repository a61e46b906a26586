using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using PatientGrains.LoadTests.Reading;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Crud;

/// <summary>
/// What a busy FHIR client does to patients that are there: reads, searches within a patient, histories, and observations that are created,
/// changed and deleted again.
/// </summary>
internal sealed class CrudMix(Bench bench) : IScenario
{
    /// <summary>Requests/s. A closed loop of reads alone reached 9,200/s on two cores.</summary>
    private const double Rate = 1500;

    private readonly Chance _kind = new(bench.Settings.Seed + 2);

    /// <summary>Observations that this run created, as <c>Observation/id</c> and the patient.</summary>
    private readonly ConcurrentQueue<(string Address, string Patient)> _made = new();
    private Recorder? _own;
    private HttpClient? _client;
    private Resources? _resources;

    public string Name => "crud";
    public string Measures => "a mix over HTTP: 50 % read, 10 % search, 5 % history, 15 % create, 15 % update, 5 % delete";
    public Load Load => bench.Settings.Open(Rate);
    public IReadOnlyList<Contender> Beside => [new("GET /health", _ => Http.Get(_client!, "health"))];

    public async Task Prepare(Recorder own)
    {
        _own = own;
        var store = await bench.Store();
        _client = FilledStore.Client(await store.Front(), store.Host);
        _resources = await store.Resources(bench.Settings.Seed);
        own.Note($"{_resources}");
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        string kind = await Do(_kind.Uniform(arrival.Number), arrival.Number);
        if (arrival.Counts)
            _own!.Of(kind).Add(arrival.Due, _own.Clock.GetTimestamp());
        return Done.One;
    }

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var (ours, floor) = (measured.Ours, measured.Beside[0]);
        yield return new Figure($"FHIR mix over HTTP, open, {((OpenLoad)Load).Arrivals}: p99", ours.Latency.P(0.99), "ms")
        {
            Also = ReadFigures.Rest(ours.Latency),
            Beside = $"`GET /health` p50 {Numbers.Text(floor.Latency.P(0.5))} ms, p99 {Numbers.Text(floor.Latency.P(0.99))} ms",
            Ratio = ours.Latency.P(0.99) / floor.Latency.P(0.99),
            Limits = [Limit.Below(500, Weight.Guard)],
            Tolerance = Figure.OfTails,
        };
        foreach (var series in ours.Own)
            yield return new Figure($"same, {series.Name}: p99", series.P(0.99), "ms")
            {
                Also = ReadFigures.Rest(series), Tolerance = Figure.OfTails,
            };
    }

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <returns>What was done: what changes or deletes creates instead while nothing was created yet.</returns>
    private async Task<string> Do(double roll, long number)
    {
        var (log, key) = _resources!.Of(number);
        switch (roll)
        {
            case < 0.5:
                await Http.Get(_client!, $"fhir/{key}");
                return "read";
            case < 0.6:
                await Http.Get(_client!, $"fhir/Observation?patient={log}&_count=20");
                return "search";
            case < 0.65:
                await Http.Get(_client!, $"fhir/{key}/_history");
                return "history";
            case >= 0.95 when _made.TryDequeue(out var old):
                await Send(HttpMethod.Delete, old.Address, null, HttpStatusCode.NoContent);
                return "delete";
            case >= 0.8 when _made.TryDequeue(out var known):
                string id = known.Address[(known.Address.IndexOf('/', StringComparison.Ordinal) + 1)..];
                await Send(HttpMethod.Put, known.Address, Body(known.Patient, id, number), HttpStatusCode.OK);
                _made.Enqueue(known);
                return "update";
            default:
                var location = await Send(HttpMethod.Post, "Observation", Body(log, null, number), HttpStatusCode.Created);
                string[] parts = location!.AbsolutePath.Split('/');
                int type = Array.IndexOf(parts, "Observation");
                _made.Enqueue(($"Observation/{parts[type + 1]}", log));
                return "create";
        }
    }

    private async Task<Uri?> Send(HttpMethod method, string address, string? body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(method, "fhir/" + address);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/fhir+json");
        }
        using var answer = await _client!.SendAsync(request);
        return answer.StatusCode == expected
            ? answer.Headers.Location
            : throw new InvalidDataException($"{method} was answered {(int)answer.StatusCode}.");
    }

    /// <summary>A weight: nothing that screening would raise an alert for.</summary>
    private static string Body(string patient, string? id, long number) => string.Create(CultureInfo.InvariantCulture,
        $$"""
        {"resourceType":"Observation",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"status":"final",
        "category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}]}],
        "code":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]},"subject":{"reference":"{{patient}}" },
        "effectiveDateTime":"2026-01-{{(number % 28) + 1:D2}}T08:00:00Z",
        "valueQuantity":{"value":{{60 + (number % 400) / 10.0:F1}},"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"}
        }
        """);
}
