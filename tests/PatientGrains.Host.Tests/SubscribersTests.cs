using System.Globalization;
using Google.Protobuf;
using PatientGrains.Core.Access;
using PatientGrains.Grpc;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Host.Tests;

/// <summary>
/// A hundred subscribers of the real program, killed and resumed at random while alerts are raised: each sees every line of the feed, in
/// the feed's order, and what comes again has the number that it had.
/// </summary>
public class SubscribersTests
{
    private const int Subscribers = 100;
    private const int Patients = 40;

    /// <summary>PATIENTGRAINS_ALERTS=100000 for the full proof; the default keeps the suite quick.</summary>
    private static readonly int Alerts =
        int.TryParse(
            Environment.GetEnvironmentVariable("PATIENTGRAINS_ALERTS"), CultureInfo.InvariantCulture, out int alerts) ? alerts : 400;

    [Fact]
    public async Task No_gap_no_reorder_and_duplicates_only_under_the_same_number()
    {
        using var folder = new TemporaryFolder();
        using var server = await Server.Start(folder);
        using var stop = new CancellationTokenSource(Tool.Patience + TimeSpan.FromMinutes(Alerts / 500));
        var seen = Enumerable.Range(0, Subscribers).Select(i => new Subscriber(i)).ToList();
        var watching = seen.Select(one => one.Watch(server.Grpc(folder, Role.Alerting), stop.Token)).ToList();
        await foreach (var answer in server.Grpc(folder).SubmitStream(Deteriorations(), null, stop.Token))
            Assert.Null(answer.Refusal);
        await Task.WhenAll(watching);
        Assert.True(seen.Sum(one => one.Deaths) > Subscribers);
        server.Terminate();
        Assert.Equal(0, await server.Ended());
    }

    /// <summary>Each correction of a lactate takes the cause away or brings it back: one line of the feed for each.</summary>
    private static async IAsyncEnumerable<Submission> Deteriorations()
    {
        var at = DateTimeOffset.UtcNow.AddMinutes(-5);
        for (int i = 0; i < Alerts; i++)
        {
            await Task.Yield();
            string patient = $"p{i % Patients}";
            yield return new Submission
            {
                MessageId = $"m{i}", Kind = SubmissionKind.Update, Type = "Observation", Id = $"o-{patient}",
                Body = ByteString.CopyFromUtf8(GrpcClients.Lactate(patient, $"o-{patient}", i / Patients % 2 == 0 ? "5" : "1", at)),
            };
        }
    }

    private sealed class Subscriber(int seed)
    {
        private readonly Random _random = new(seed);
        /// <summary>A digest of each line, by its number: a hundred subscribers cannot keep a hundred thousand lines each.</summary>
        private readonly List<int> _lines = [];
        private readonly Dictionary<string, int> _ofPatient = [];
        private string? _cursor;

        public int Deaths { get; private set; }

        public async Task Watch(PatientGrainsClient client, CancellationToken stop)
        {
            while (_lines.Count < Alerts)
            {
                using var death = CancellationTokenSource.CreateLinkedTokenSource(stop);
                try
                {
                    await Live(client, 1 + _random.Next(Math.Max(40, Alerts / 4)), death.Token);
                }
                catch (GrpcException broken) when (broken.Code is GrpcCode.Unavailable or GrpcCode.ResourceExhausted or GrpcCode.Cancelled)
                {
                    // It comes back by its cursor.
                }
                Deaths++;
            }
        }

        private async Task Live(PatientGrainsClient client, int messages, CancellationToken stop)
        {
            var request = new SubscribeAlertsRequest { Start = FeedStart.Beginning };
            if (_cursor is not null)
                request.Cursor = _cursor;
            await foreach (var response in client.SubscribeAlerts(request, null, stop))
            {
                if (response.Line is { Unreadable: { } passed })
                {
                    // The record did not answer for seconds, on a machine that is that busy: the line itself comes to who asks again.
                    _cursor = passed.CursorBefore;
                    return;
                }
                if (response.Line is { } line)
                    Take(line);
                // Sometimes what was had is forgotten again, as by a client that dies before it has kept the cursor.
                if (_random.Next(50) > 0)
                    _cursor = response.Cursor;
                if (--messages == 0 || _lines.Count == Alerts)
                    return;
            }
        }

        private void Take(AlertLine line)
        {
            Assert.InRange(line.Number, 1, _lines.Count + 1);
            int digest = line.GetHashCode();
            if (line.Number <= _lines.Count)
            {
                Assert.Equal(_lines[(int)line.Number - 1], digest);
                return;
            }
            _lines.Add(digest);
            int before = _ofPatient.GetValueOrDefault(line.PatientId);
            Assert.Equal(before + 1, line.PatientNumber);
            _ofPatient[line.PatientId] = line.PatientNumber;
        }
    }
}
