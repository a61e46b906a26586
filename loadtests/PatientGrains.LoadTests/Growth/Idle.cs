using System.Diagnostics;
#if !ENGINE_ORLEANS
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
#endif
using PatientGrains.Host.Composition;

namespace PatientGrains.LoadTests.Growth;

/// <summary>Makes activations of the embedded engine end early, as they do by themselves after a quarter of an hour.</summary>
internal static class Idle
{
    /// <summary>The engine looks every four seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    /// <param name="server">Whose grains are to end.</param>
    /// <param name="held">What is held now.</param>
    /// <param name="active">What was held while they were active.</param>
    /// <returns>What is held when little is, or when patience ends.</returns>
    public static async Task<double> After(RecordServer server, Func<double> held, double active)
    {
#if ENGINE_ORLEANS
        await Task.CompletedTask;
        _ = (server, held, active, Patience);
        return double.NaN;
#else
        server.Services.GetRequiredService<IOptions<LocalEngineOptions>>().Value.CollectionAge = TimeSpan.FromMilliseconds(10);
        long begun = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        double left = held();
        while (left > active / 20 && Stopwatch.GetElapsedTime(begun) < Patience)
        {
            await timer.WaitForNextTickAsync();
            left = held();
        }
        return left;
#endif
    }
}
