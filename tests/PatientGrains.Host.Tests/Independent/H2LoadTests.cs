using System.Buffers.Binary;
using System.Diagnostics;
using Google.Protobuf;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Host.Tests.Independent;

/// <summary>Load by h2load, an HTTP/2 client of nghttp2: many streams at once on few connections.</summary>
public class H2LoadTests
{
    [H2LoadFact]
    public async Task Thousands_of_reads_at_once_are_all_answered()
    {
        using var folder = new TemporaryFolder();
        using var server = await Server.Start(folder);
        using var put = await server.Http.Fhir(HttpMethod.Put, "Patient/p1", Resources.Patient("p1"));
        put.EnsureSuccessStatusCode();
        byte[] request = new ReadRequest { Type = "Patient", Id = "p1" }.ToByteArray();
        byte[] frame = [0, 0, 0, 0, 0, .. request];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), request.Length);
        string token = server.Http.DefaultRequestHeaders.Authorization!.ToString();

        var start = new ProcessStartInfo("h2load",
            [
                "--requests=3000", "--clients=4", "--max-concurrent-streams=50", "--data=" + folder.Write("request.bin", frame),
                "--header=content-type: application/grpc", "--header=te: trailers", "--header=authorization: " + token,
                server.GrpcUrl + "/patientgrains.v1.RecordService/Read",
            ]);
        string said = (await Tool.ToEnd(Tool.Start(start))).All;
        Assert.Contains("3000 succeeded, 0 failed, 0 errored, 0 timeout", said);
        Assert.Contains("status codes: 3000 2xx", said);
    }

    private sealed class H2LoadFactAttribute : FactAttribute
    {
        public H2LoadFactAttribute()
        {
            if (!Installed() && Environment.GetEnvironmentVariable("CI") != "true")
                Skip = "h2load is not installed: apt-get install nghttp2-client";
        }

        private static bool Installed() =>
            Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "h2load")));
    }
}
