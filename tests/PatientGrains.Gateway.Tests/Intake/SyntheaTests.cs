using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;
using PatientGrains.Gateway.Intake;
using Xunit.Abstractions;
using static PatientGrains.Gateway.Tests.Intake.IntakeCluster;
using static PatientGrains.Gateway.Tests.Intake.TransactionTests;

namespace PatientGrains.Gateway.Tests.Intake;

/// <summary>Real Bundles go in whole, come back as they were sent, and change nothing the second time.</summary>
public class SyntheaTests(IntakeCluster cluster, ITestOutputHelper output) : IClassFixture<IntakeCluster>
{
    /// <summary>PATIENTGRAINS_BUNDLES=122 for all; the default keeps the suite quick.</summary>
    private static readonly int Count =
        int.TryParse(Environment.GetEnvironmentVariable("PATIENTGRAINS_BUNDLES"), CultureInfo.InvariantCulture, out int count) ? count : 24;

    [SyntheaFact]
    public async Task Bundles_go_in_whole_and_each_resource_is_read_back_equal_but_for_id_and_replaced_references()
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        int resources = 0;
        foreach (var (name, json) in Synthea.Bundles().Take(Count))
        {
            var bundle = cluster.Scanners.Scan(json);
            var message = new Submission(Clinician, "synthea/" + name, null, WantsBodies: true);
            var first = Changes(await Gateway(bundle, message), name);
            foreach (var (entry, done) in bundle.Bundle!.Entries.Zip(first))
            {
                Assert.Equal((1, ChangeEffect.Created), (Result(done).Version, Result(done).Effect));
                known[entry.FullUrl!] = Result(done).Key.ToString();
                if (entry.IfNoneExist is { } query)
                    known[$"{entry.Resource!.Type}?{query}"] = Result(done).Key.ToString();
            }
            for (int i = 0; i < first.Count; i++)
                AssertEqual(bundle.Bundle.Entries[i].Resource!, first[i], known, name);
            resources += first.Count;
            Assert.Equal(first.Select(done => Result(done)), Changes(await Gateway(bundle, message), name).Select(done => Result(done)));
        }
        output.WriteLine($"{resources} resources");
    }

    /// <summary>Counted in bytes: how long it takes is the machine's business, and that of whoever else works on it.</summary>
    [SyntheaFact]
    public void Planning_costs_a_fraction_of_what_was_sent()
    {
        var ids = new DerivedIds(new byte[32]).Of("local", "m");
        long sent = 0, planning = 0, writing = 0, resources = 0;
        foreach (var (_, json) in Synthea.Bundles().Take(24))
        {
            var bundle = cluster.Scanners.Scan(json);
            if (bundle.Bundle!.Type != "transaction")
                continue;
            long before = GC.GetAllocatedBytesForCurrentThread();
            var plan = Plan(bundle.Bundle, ids);
            long planned = GC.GetAllocatedBytesForCurrentThread();
            var parts = Writing.Build(plan, Bundles.Submission, new Blob(new byte[32]), DateTimeOffset.UnixEpoch);
            writing += GC.GetAllocatedBytesForCurrentThread() - planned;
            planning += planned - before;
            sent += json.Length;
            resources += parts.Sum(part => part.Changes.Count);
        }
        output.WriteLine($"{resources} resources; bytes per resource: sent {sent / resources}, "
            + $"allocated to plan {planning / resources}, to write {writing / resources}");
        Assert.True(planning * 2 < sent, $"Planning allocated {planning} bytes for {sent}.");
    }

    private static SubmissionPlan Plan(ScannedBundle bundle, MessageIds ids)
    {
        Assert.Null(BundleReading.ReadTransaction(bundle, Bundles.Options, out var planned));
        Assert.Null(LinkReading.Read(planned, []));
        foreach (var change in planned.Changes)
            change.Target.Settle(new ResourceKey(change.Resource!.Type, ids.ForEntry(change.Index)), 1);
        foreach (var reference in planned.References)
            reference.Target.Settle(new ResourceKey(reference.Condition.Type, "x"), 1);
        Assert.Null(Placing.Place(planned, Bundles.Options) ?? Placing.Check(planned, Bundles.Options));
        return planned;
    }

    private Task<BundleAnswer> Gateway(ScannedResource bundle, Submission s) =>
        cluster.Gateway().Bundle(bundle, s, (_, _, _) => throw new InvalidOperationException("Synthea reads nothing."));

    private static List<Done> Changes(BundleAnswer answer, string name)
    {
        if (answer is BundleFailed { Why: Rejected rejected } failed)
            Assert.Fail($"{name}[{failed.Entry}]: {string.Join("; ", rejected.Issues.Select(issue => $"{issue.Location} {issue.Message}"))}");
        return [.. Assert.IsType<BundleDone>(answer).Entries.Select(
            entry => Assert.IsType<Done>(Assert.IsType<EntryChanged>(entry).Answer))];
    }

    /// <summary>
    /// Compared by an independent parser: everything but id and references must be the same, references must be what they were said to
    /// become.
    /// </summary>
    private static void AssertEqual(ScannedResource sent, Done done, Dictionary<string, string> known, string name)
    {
        var expected = JsonNode.Parse(sent.Source.Span)!.AsObject();
        expected["id"] = Result(done).Key.Id;
        Replace(expected, known);
        var stored = JsonNode.Parse(done.Version!.Body!.Json.Span);
        Assert.True(JsonNode.DeepEquals(expected, stored), $"{name}: {Result(done).Key.Type} differs.");
    }

    private static void Replace(JsonNode? node, Dictionary<string, string> known)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
                Replace(item, known);
        }
        if (node is not JsonObject found)
            return;
        foreach (var (member, value) in found.ToList())
        {
            if (member == "reference" && value is JsonValue text && text.TryGetValue(out string? link) && !link.StartsWith('#'))
                found["reference"] = known[link];
            else
                Replace(value, known);
        }
    }
}
