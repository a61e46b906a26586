using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using PatientGrains.Core.Access;
using PatientGrains.Gateway.Auth;
using PatientGrains.Grpc.V1;
using PatientGrains.Host.Composition;
using PatientGrains.Host.Settings;
using PatientGrains.Log;

namespace PatientGrains.Host.Tests.Independent;

/// <summary>
/// The gRPC front against clients that nobody here wrote: @grpc/grpc-js (suite.js) and grpcio (suite.py). Each suite runs once against a
/// server of its own; each of its tests is a test here.
/// </summary>
public sealed class NodeClientTests(NodeClientTests.Run run) : IClassFixture<NodeClientTests.Run>
{
    [SuiteTheory("node"), MemberData(nameof(Names))]
    public Task As_grpc_js_sees_it(string name) => run.Passed(name);

    public static TheoryData<string> Names() => Suite.Names("suite.js", @"^  async '(.+)'\(\) \{$", name => name);

    public sealed class Run() : Suite("node", "suite.js");
}

/// <inheritdoc cref="NodeClientTests"/>
public sealed class PythonClientTests(PythonClientTests.Run run) : IClassFixture<PythonClientTests.Run>
{
    [SuiteTheory("python"), MemberData(nameof(Names))]
    public Task As_grpcio_sees_it(string name) => run.Passed(name);

    public static TheoryData<string> Names() => Suite.Names("suite.py", @"^def test_(\w+)\(\):$", name => name.Replace('_', ' '));

    public sealed class Run() : Suite("python", "suite.py");
}

/// <summary>Runs a suite once, and remembers what each test said.</summary>
public abstract class Suite(string tool, string script) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private Task<Dictionary<string, string>>? _said;

    public static string Folder([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    public static TheoryData<string> Names(string script, string pattern, Func<string, string> name) =>
        [.. Regex.Matches(File.ReadAllText(Path.Combine(Folder(), script)), pattern, RegexOptions.Multiline)
            .Select(match => name(match.Groups[1].Value))];

    public async Task Passed(string name)
    {
        // Tests of a class run one after the other.
        var said = await (_said ??= Said());
        Assert.True(said.TryGetValue(name, out string? result), $"The suite ended before it ran: {name}");
        Assert.True(result == "ok", result);
    }

    private async Task<Dictionary<string, string>> Said()
    {
        using var server = await Server.Start(_folder);
        var start = new ProcessStartInfo(SuiteTool.Command(tool), [Path.Combine(Folder(), script)]);
        start.Environment["SUITE"] = JsonSerializer.Serialize(new
        {
            grpc = server.GrpcUrl[(server.GrpcUrl.IndexOf("://", StringComparison.Ordinal) + 3)..],
            protos = SuiteTool.Protos,
            descriptors = Descriptors(),
            tokens = Tokens(),
        });
        var ran = await Tool.ToEnd(Tool.Start(start));
        Assert.True(ran.Exit == 0, ran.All);
        return ran.Out.Split('\n').Select(line => Regex.Match(line, "^(not )?ok ([^#]+?)(?: # (.*))?$")).Where(match => match.Success)
            .ToDictionary(match => match.Groups[2].Value, match => match.Groups[1].Success ? match.Groups[3].Value : "ok");
    }

    /// <summary>Every file that the services need, those that others import first.</summary>
    private string Descriptors()
    {
        var set = new FileDescriptorSet();
        void Add(FileDescriptor file)
        {
            foreach (var needed in file.Dependencies)
                Add(needed);
            if (set.File.All(one => one.Name != file.Name))
                set.File.Add(file.ToProto());
        }
        // Those of health and reflection are nobody's business in C#, so that they are found by their shape.
        var files = typeof(RecordsReflection).Assembly.GetTypes().Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null));
        foreach (var file in files.OfType<FileDescriptor>())
            Add(file);
        return _folder.Write("descriptors.bin", set.ToByteArray());
    }

    private Dictionary<string, string> Tokens()
    {
        using var ring = KeyRing.Open(_folder["data/keyring.json"]);
        var options = Services.GatewayOptionsOf(new HostSettings(), ring);
        string Token(string name, Role role, string purpose, TimeProvider clock) => new TokenIssuer(options, clock).Issue(
            new Requester { Subject = "suite-" + name, Roles = [role], Purpose = purpose, Source = "local" }, TimeSpan.FromHours(1));
        return new()
        {
            ["clinician"] = Token("clinician", Role.Clinician, "TREAT", TimeProvider.System),
            ["integrator"] = Token("integrator", Role.Integrator, "TREAT", TimeProvider.System),
            ["officer"] = Token("officer", Role.PrivacyOfficer, "HOPERAT", TimeProvider.System),
            ["alerting"] = Token("alerting", Role.Alerting, "TREAT", TimeProvider.System),
            ["expired"] = Token("clinician", Role.Clinician, "TREAT", new Yesterday()),
        };
    }

    private sealed class Yesterday : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddDays(-1);
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>The interpreters, and the packages that the suites need of others.</summary>
internal static class SuiteTool
{
    /// <summary>The tree's root is where the solution lies.</summary>
    public static string Protos => Path.GetFullPath(Path.Combine(Suite.Folder(), "../../../src/PatientGrains.Grpc/Protos"));

    /// <summary>Debian's Python, which is the one that its packages are for.</summary>
    public static string Command(string tool) => tool == "node" ? "node" : File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    public static string? Missing(string tool) => tool switch
    {
        "node" when !Runs("node", "--version") => "Node.js is not installed",
        "node" when !Directory.Exists(Path.Combine(Suite.Folder(), "node_modules/@grpc/grpc-js")) =>
            "@grpc/grpc-js is not there: npm ci --prefix tests/PatientGrains.Host.Tests/Independent",
        "python" when !Runs(Command("python"), "-c", "import grpc, google.protobuf") =>
            "grpcio is not there: apt-get install python3-grpcio python3-protobuf",
        _ => null,
    };

    public static bool Runs(string command, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            // What it says is little enough to stay in the pipe.
            using var process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>Skipped, visibly, where the client is not installed; in CI it must be.</summary>
internal sealed class SuiteTheoryAttribute : TheoryAttribute
{
    public SuiteTheoryAttribute(string tool)
    {
        if (SuiteTool.Missing(tool) is { } missing && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = missing;
    }
}
