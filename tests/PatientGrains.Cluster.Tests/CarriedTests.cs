using System.Collections.Concurrent;
using System.Diagnostics;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Host.Composition;

namespace PatientGrains.Cluster.Tests;

/// <summary>What goes with a call from a gateway to a silo.</summary>
public class CarriedTests
{
    [Fact]
    public async Task The_requester_stands_in_the_access_entry_and_the_trace_goes_on_in_the_silo()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            // The web server reads traceparent only where somebody listens to it.
            ShouldListenTo = source =>
                source.Name.StartsWith("PatientGrains.", StringComparison.Ordinal) || source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        Engine.LetTracesThrough();
        await using var cluster = await TestedCluster.Start(3);
        foreach (string patient in await cluster.PatientsOnAllSilos("carried"))
        {
            // The client's trace, which goes along as traceparent.
            using var asking = new Activity("asking").Start();
            (await Writers.Read(cluster.Http, "Patient/" + patient)).Dispose();
            Assert.Contains(spans, span => span.OperationName == "record read" && span.TraceId == asking.TraceId);
            var entry = await NewestEntry(cluster, patient);
            Assert.Equal("dr-test", entry.Who!.Subject);
            Assert.Equal("read", entry.Interaction);
        }
    }

    private static async Task<AccessEntry> NewestEntry(TestedCluster cluster, string patient)
    {
        var officer = new Requester { Subject = "officer", Roles = [Role.PrivacyOfficer], Purpose = "HOPERAT", Source = "local" };
        var outcome = await cluster.Grains.GetGrain<IPatientGrain>(patient).Ask(new ReadAccessLog { Who = officer, Count = 2 });
        // The newest is this look itself.
        return Assert.IsType<AccessLogReleased>(outcome).Entries[1];
    }
}
