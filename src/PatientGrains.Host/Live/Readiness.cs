using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Log;

namespace PatientGrains.Host.Live;

/// <summary>
/// <c>/health</c>: the process lives. <c>/ready</c>: it can do its work, or 503 and what is missing. For probes, without a token; it says
/// nothing of any record.
/// <para>A silo that has joined answers its own stateless grains; a gateway that is connected reaches those of some silo. Either question
/// goes down to the store, so that one probe tells of all three; on a node with a log the store is also asked by itself, so that the answer
/// says which of them it is.</para>
/// </summary>
internal sealed class Readiness
{
    /// <summary>A probe waits a few seconds; an answer that takes longer than this is none.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>An answer is good for so long: many probes cost no more than one.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    /// <summary>No resource has such an id (R4 2.24.0.1: no underscore), so that nothing is ever found.</summary>
    private static readonly ResourceKey Nobody = new("Patient", "_ready");

    private readonly IServiceProvider _services;
    private readonly IHostApplicationLifetime _process;
    private readonly Lock _lock = new();
    private Task<string[]>? _newest;
    private long _asked;

    private Readiness(IServiceProvider services) =>
        (_services, _process) = (services, services.GetRequiredService<IHostApplicationLifetime>());

    public static void Map(WebApplication app, bool withHealth)
    {
        var readiness = new Readiness(app.Services);
        if (withHealth)
            app.MapGet("/health", () => Results.Text("up"));
        app.MapGet("/ready", (Func<Task<IResult>>)readiness.Answer);
    }

    private async Task<IResult> Answer()
    {
        // A balancer sends nothing more here from now on; what is under way is answered.
        if (_process.ApplicationStopping.IsCancellationRequested)
            return Results.Text("stopping", statusCode: StatusCodes.Status503ServiceUnavailable);
        string[] missing = await Newest();
        return missing.Length == 0
            ? Results.Text("ready")
            : Results.Text("not ready: " + string.Join(", ", missing), statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private Task<string[]> Newest()
    {
        lock (_lock)
        {
            if (_newest is null || (_newest.IsCompleted && TimeProvider.System.GetElapsedTime(_asked) > Freshness))
                (_newest, _asked) = (Look(), TimeProvider.System.GetTimestamp());
            return _newest;
        }
    }

    private async Task<string[]> Look()
    {
        var log = _services.GetService<IPatientLog>();
        var store = log is null ? Task.FromResult(true) : Works(() => StoreAnswers(log));
        var engine = Works(() => _services.GetRequiredService<IGrainFactory>().GetGrain<ILocatorGrain>("ready").Locate(Nobody));
        List<string> missing = [];
        if (!await store)
            missing.Add("the store does not answer");
        else if (!await engine)
            missing.Add(log is null ? "no silo answers" : "this silo does not answer");
        return [.. missing];
    }

    private Task StoreAnswers(IPatientLog log) =>
        log.Find(_services.GetRequiredService<KeyRing>().Blind(new LogName(Nobody.ToString()))).AsTask();

    private static async Task<bool> Works(Func<Task> ask)
    {
        try
        {
            await Task.Run(ask).WaitAsync(Patience);
            return true;
        }
        catch (Exception failed) when (failed is not OutOfMemoryException)
        {
            // Whatever it was, it is not ready; who failed reports it.
            return false;
        }
    }
}
