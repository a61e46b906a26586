using System.Net.Http.Headers;
using PatientGrains.Host.Composition;

namespace PatientGrains.Cluster.Tests;

/// <summary>Alerts, wherever they are raised, and what is due, whoever dies.</summary>
public class AlertTests
{
    [Fact]
    public async Task A_subscriber_hears_of_alerts_of_all_silos()
    {
        await using var cluster = await TestedCluster.Start(3);
        var patients = await cluster.PatientsOnAllSilos("ill");
        await using var alerts = await Subscription.Open(cluster);
        foreach (string patient in patients)
            await Raise(cluster, patient, TimeProvider.System.GetUtcNow());
        var missing = patients.ToHashSet();
        while (missing.Count > 0)
        {
            string line = await alerts.Next("raised");
            missing.RemoveWhere(patient => line.Contains($"\"{patient}\"", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task What_is_due_is_woken_when_the_silo_is_dead_that_hosted_it()
    {
        // An hour passes in 18 seconds.
        var clock = new FastClock(TimeProvider.System.GetUtcNow(), 200);
        await using var cluster = await TestedCluster.Start(3, clock: clock, isSafe: false);
        string[] patients = [.. Enumerable.Range(0, 12).Select(i => $"due{i}")];
        await cluster.Http.PutPatients(patients);
        await using var alerts = await Subscription.Open(cluster);
        foreach (string patient in patients)
            await Raise(cluster, patient, clock.GetUtcNow());
        var dead = await cluster.HostOf(patients[0]);
        await cluster.Silos.KillSiloAsync(dead);
        var missing = patients.ToHashSet();
        while (missing.Count > 0)
        {
            string line = await alerts.Next("escalated");
            missing.RemoveWhere(patient => line.Contains($"\"{patient}\"", StringComparison.Ordinal));
        }
    }

    private static Task Raise(TestedCluster cluster, string patient, DateTimeOffset now) =>
        cluster.Http.Create($"Observation/{patient}-lactate", Asking.Lactate($"{patient}-lactate", patient, now));

    /// <summary>The alert feed as server-sent events, from now on.</summary>
    private sealed class Subscription : IAsyncDisposable
    {
        private readonly HttpResponseMessage _response;
        private readonly StreamReader _lines;

        private Subscription(HttpResponseMessage response, StreamReader lines) => (_response, _lines) = (response, lines);

        public static async Task<Subscription> Open(TestedCluster cluster)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(cluster.Http.BaseAddress!, "/feeds/alerts"));
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
            var response = await cluster.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            return new Subscription(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
        }

        /// <summary>The data of the next line of a kind.</summary>
        public async Task<string> Next(string kind)
        {
            using var deadline = new CancellationTokenSource(TestedCluster.Patience);
            bool isKind = false;
            while (await _lines.ReadLineAsync(deadline.Token) is { } line)
            {
                if (line.StartsWith("event:", StringComparison.Ordinal))
                    isKind = line["event:".Length..].Trim() == kind;
                else if (isKind && line.StartsWith("data:", StringComparison.Ordinal))
                    return line;
            }
            throw new InvalidOperationException("The feed ended.");
        }

        public ValueTask DisposeAsync()
        {
            _lines.Dispose();
            _response.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
