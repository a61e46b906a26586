using Microsoft.Extensions.DependencyInjection;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.LoadTests.Reporting;
using PatientGrains.LoadTests.Running;

namespace PatientGrains.LoadTests.Reading;

/// <summary>A whole record of thousands of resources, one caller: <c>$everything</c> over HTTP, and the same of the grain.</summary>
internal sealed class WholeReads(Bench bench, bool overHttp) : IScenario
{
    private FilledStore? _store;
    private HttpClient? _client;
    private IGrainFactory? _grains;

    public string Name => overHttp ? "everything/http" : "everything/engine";
    public string Measures => "all resources of a large patient at once, warm, one caller";
    public Load Load => bench.Settings.Closed(callers: 1);

    public async Task Prepare(Recorder own)
    {
        _store = await bench.Store();
        if (overHttp)
            _client = FilledStore.Client(await _store.Front(), _store.Host);
        else
            _grains = (await _store.Engine()).Services.GetRequiredService<IGrainFactory>();
    }

    public async ValueTask<Done> Step(Arrival arrival)
    {
        var whole = _store!.Whole;
        if (_client is not null)
            return await Http.Get(_client, $"fhir/Patient/{whole.Id}/$everything?_count={whole.Resources}");
        var grain = RecordNames.GrainOf(_grains!, "Patient/" + whole.Id);
        await Everything.Released(grain, Everything.Question(FilledStore.Clinician));
        return Done.One;
    }

    public IEnumerable<Figure> Figures(Measured measured)
    {
        var latency = measured.Ours.Latency;
        string what = overHttp ? "$everything" : "everything";
        yield return new Figure($"{what} of {_store!.Whole.Resources}, {(overHttp ? "HTTP" : "engine")}: p50", latency.P(0.5), "ms")
        {
            Also = $"p99 {Numbers.Text(latency.P(0.99))} ms, {Numbers.Text(measured.Ours.PerSecond)}/s",
            Limits = [Limit.Below(10), Limit.Below(300, Weight.Guard)],
        };
    }

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        return ValueTask.CompletedTask;
    }
}
