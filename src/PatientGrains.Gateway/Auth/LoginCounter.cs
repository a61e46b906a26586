using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace PatientGrains.Gateway.Auth;

/// <summary>Writes the counts of refused logins once a second, and the last ones when the host stops.</summary>
internal sealed partial class LoginCounter(RefusedLogins logins, AccessNotes notes, TimeProvider time, ILogger<LoginCounter> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (await tick.WaitForNextTickAsync(stopping))
            await Write(logins.Due());
    }

    public override async Task StopAsync(CancellationToken cancel)
    {
        await base.StopAsync(cancel);
        await Write(logins.Due(stopping: true));
    }

    private async Task Write(IReadOnlyList<RefusedLogins.Count> due)
    {
        if (due.Count == 0)
            return;
        long beyond = due.Sum(count => count.Beyond);
        Flood(log, beyond, due.Count);
        try
        {
            await notes.NoteCounts(due);
        }
        catch (Exception failed)
        {
            // The log is down: then every request fails as well, and the line above is what remains of the count.
            Lost(log, failed, beyond);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Beyond} refused logins of {Addresses} addresses were counted, not written one by one.")]
    private static partial void Flood(ILogger log, long beyond, int addresses);

    [LoggerMessage(LogLevel.Error, "The count of {Beyond} refused logins could not be written to the security log.")]
    private static partial void Lost(ILogger log, Exception failed, long beyond);
}
