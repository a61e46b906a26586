using System.Buffers;
using System.Net;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Streams;
using PatientGrains.Contracts;
using PatientGrains.Core.Record;
using PatientGrains.Log;

namespace PatientGrains.Grains.Tests.Clusters;

/// <summary>What one silo cannot show: inside one, Orleans copies messages (ours not at all) and never writes them.</summary>
public class TwoSilosTests(TwoSilos silos) : IClassFixture<TwoSilos>
{
    [Fact]
    public async Task A_record_is_the_same_from_both_silos()
    {
        foreach (string patient in Enumerable.Range(0, 30).Select(i => "both" + i))
        {
            var key = new ResourceKey("Observation", patient + "-o");
            var submit = Submissions.Of("m1", Submissions.Put(key, "one")) with { WantsBodies = true };
            Assert.False(Assert.IsType<Accepted>(await silos.Sides[0].GetGrain<IPatientGrain>(patient).Ask(submit)).Repeated);
            Assert.True(Assert.IsType<Accepted>(await silos.Sides[1].GetGrain<IPatientGrain>(patient).Ask(submit)).Repeated);
            foreach (var side in silos.Sides)
            {
                var read = new ReadResource { Who = Submissions.Clinician, Key = key };
                var released = Assert.IsType<Released>(await side.GetGrain<IPatientGrain>(patient).Ask(read));
                Assert.Equal(Submissions.Body(key, "one").Json, released.Versions[0].Body!.Json);
                Assert.Equal("Patient/" + patient, await side.GetGrain<ILocatorGrain>("locator").Locate(key));
                Assert.Null(await side.GetGrain<ILocatorGrain>("locator").Locate(key with { Id = "nobody" }));
                Assert.Empty(await side.GetGrain<ILocatorGrain>("locator").Candidates("Patient", "identifier", null, patient, 10));
            }
        }
        var management = silos.Sides[0].GetGrain<IManagementGrain>(0);
        var patients = (await management.GetDetailedGrainStatistics()).Where(grain => grain.GrainId.Type.ToString() == "patient");
        Assert.Equal(2, patients.Select(grain => grain.SiloAddress).Distinct().Count());
    }

    [Fact]
    public async Task Transactions_span_silos()
    {
        for (int i = 0; i < 20; i++)
        {
            var observation = new ResourceKey("Observation", $"span{i}-o");
            var doctor = new ResourceKey("Practitioner", $"span{i}-d");
            var transaction = new Transaction(
                Submissions.Of("t1", Submissions.Put(observation, "one")),
                [new OtherRecord(doctor.ToString(), Submissions.Of("t1", Submissions.Put(doctor, "doctor")))]);
            var accepted = Assert.IsType<Accepted>(await silos.Sides[i % 2].GetGrain<IPatientGrain>("span" + i).Transact(transaction));
            Assert.Equal([observation, doctor], accepted.Results.Select(result => result.Key));
        }
    }

    [Fact]
    public async Task A_client_of_one_silo_hears_of_alerts_on_both()
    {
        var heard = Channel.CreateUnbounded<string>();
        var streams = silos.Services.GetRequiredService<IClusterClient>().GetStreamProvider(AlertStreams.Name);
        await AlertHintTests.Hints(streams, AlertStreams.All).SubscribeAsync((hint, _) => heard.Writer.WriteAsync(hint.Patient).AsTask());
        var now = DateTimeOffset.UtcNow;
        var missing = Enumerable.Range(0, 20).Select(i => "alert" + i).ToHashSet();
        foreach (string patient in missing)
        {
            var submit = Lactates.At(patient, "o1", now, Lactates.Value(4.5m, now));
            Assert.IsType<Accepted>(await silos.Sides[0].GetGrain<IPatientGrain>(patient).Ask(submit));
        }
        while (missing.Count > 0)
            missing.Remove(await heard.Reader.ReadAsync().AsTask().WaitAsync(RecordCluster.Patience));
        foreach (var side in silos.Sides)
            Assert.Equal(20, (await side.GetGrain<IFeedGrain>("feeds").Read(Feed.Alerts, 0, 100, 0)).Lines.Length);
    }

    [Fact]
    public void Messages_cross_in_the_codec_of_the_log_and_are_not_copied_inside_a_silo()
    {
        var key = new ResourceKey("Patient", "x");
        var submit = Submissions.Of("m1", Submissions.Put(key, "one"), Submissions.Put(key, "two"));
        Crosses<Command>(submit);
        Crosses(submit);
        Crosses<Outcome>(new Refused(Rule.Busy));
        Crosses(new Transaction(submit, [new OtherRecord("Practitioner/y", submit)]));
        Crosses(new Preparation("p", new Refused(Rule.Busy), new Blob(new byte[] { 1, 2, 3 })));
        Crosses(new FeedPage("store", [new FeedLine(7, "Patient/x", 3)], 9));
        Crosses(new AlertHint("x", 2));
        Assert.Equal(key, Again(key));
        Assert.Null(Again<Outcome?>(null));
        Assert.Same(submit, silos.Services.GetRequiredService<DeepCopier>().Copy<Command>(submit));
    }

    [Fact]
    public void Failures_of_the_log_cross_as_what_they_are()
    {
        var failure = Again<Exception>(new JournalLostException(new LogFullException("the store")));
        Assert.IsType<LogFullException>(Assert.IsType<JournalLostException>(failure).InnerException);
        Assert.Equal(Rule.StorageFull, Refusals.For((LogException)failure)!.Rule);
    }

    [Fact]
    public void Silos_listen_on_loopback_and_have_no_door_for_clients()
    {
        var endpoints = silos.Services.GetRequiredService<IOptions<EndpointOptions>>().Value;
        Assert.Equal(IPAddress.Loopback, endpoints.AdvertisedIPAddress);
        Assert.Null(endpoints.SiloListeningEndpoint);
        Assert.Equal(0, endpoints.GatewayPort);
    }

    private T Again<T>(T value)
    {
        var serializer = silos.Services.GetRequiredService<Serializer>();
        return serializer.Deserialize<T>(serializer.SerializeToArray(value))!;
    }

    private void Crosses<T>(T value)
        where T : class
    {
        var again = Again(value);
        Assert.NotSame(value, again);
        Assert.Equal(Frame(value), Frame(again));
    }

    private static byte[] Frame(object value)
    {
        var frame = new ArrayBufferWriter<byte>();
        WireCodec.WriteTagged(frame, value);
        return frame.WrittenSpan.ToArray();
    }
}
