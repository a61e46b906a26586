using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Xunit.Abstractions;

namespace PatientGrains.Cluster.Tests;

/// <summary>Nodes as processes of the real program, over a store and a membership that all of them are given.</summary>
/// <param name="shared">Names and values of the settings that all nodes have.</param>
internal sealed class Nodes(params (string Name, string Value)[] shared)
{
    public (string Name, string Value)[] Shared => shared;

    public Task<NodeProcess> Silo(params (string, string)[] more) => NodeProcess.Start("silo",
        [("SiloPort", FreePort()), ("GatewayPort", FreePort()), ("AdvertisedAddress", "127.0.0.1"), .. shared, .. more]);

    public Task<NodeProcess> Gateway(params (string, string)[] more) => NodeProcess.Start("gateway", [.. shared, .. more]);

    /// <summary>A clinician's client of a gateway.</summary>
    public async Task<HttpClient> Client(NodeProcess gateway)
    {
        string token = (await NodeProcess.Run(["token", "--subject", "dr-test"], shared)).Trim();
        var http = new HttpClient { BaseAddress = new Uri(gateway.Url, "/fhir/"), Timeout = TestedCluster.Patience };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    /// <summary>
    /// Under load, one of three silos is killed, comes back, and the oldest is told to leave. Nothing that was acknowledged is lost, nobody
    /// notices the leaving, each patient is served again within seconds, and every chain is sound.
    /// </summary>
    /// <param name="patients">To whom clients write.</param>
    /// <param name="writes">How many between two of these events.</param>
    /// <param name="output">Is told the figures.</param>
    public async Task LoseOneSiloAndLetAnotherGo(string[] patients, int writes, ITestOutputHelper output)
    {
        using var first = await Silo();
        using var second = await Silo();
        using var third = await Silo();
        using var gateway = await Gateway();
        using var http = await Client(gateway);
        await http.PutPatients(patients);
        var writers = new Writers(http, patients, 8);
        writers.Start();
        await writers.Until(() => writers.Acknowledged.Count > writes);
        long killed = Stopwatch.GetTimestamp();
        await second.Kill();
        await writers.Until(() => writers.HaveAllBeenServedAfter(killed));
        var served = writers.AllServedAfter(killed);
        // A silo that comes back under the same address is another one.
        using var again = await Silo();
        int before = writers.Acknowledged.Count;
        await writers.Until(() => writers.Acknowledged.Count > before + writes);
        // The oldest is told to leave, and nobody notices.
        int told = writers.Told503;
        Assert.Equal(0, await first.Stop());
        before = writers.Acknowledged.Count;
        await writers.Until(() => writers.Acknowledged.Count > before + writes);
        Assert.Equal(told, writers.Told503);
        await writers.Stop();
        await writers.FindEverything();
        output.WriteLine($"served again {served.TotalSeconds:F1} s after SIGKILL; {writers.Summary}");
        Assert.True(served < TimeSpan.FromMinutes(1), served.ToString());
        Assert.Equal(0, await gateway.Stop());
        Assert.Contains("All chains are sound", await NodeProcess.Run(["verify"], shared));
    }

    private static int _port = 20_000 + (Environment.ProcessId % 700 * 16);

    /// <summary>Below those that the system hands out by itself (from 32768 on), so that nobody is given it before the node takes
    /// it.</summary>
    public static string FreePort()
    {
        while (true)
        {
            int port = Interlocked.Increment(ref _port);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port.ToString(CultureInfo.InvariantCulture);
            }
            catch (SocketException)
            {
                // Somebody has it: the next.
            }
        }
    }
}
