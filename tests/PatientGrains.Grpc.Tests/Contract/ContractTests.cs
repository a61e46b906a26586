using Google.Protobuf.Reflection;
using PatientGrains.Grpc.Health;
using PatientGrains.Grpc.Reflection;
using PatientGrains.Grpc.Rpc;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Grpc.Tests.Contract;

public class ContractTests
{
    private const string Locked = "Contract/descriptors.txt";

    private static readonly FileDescriptor[] Files =
    [
        RecordsReflection.Descriptor, AlertsReflection.Descriptor, FeedsReflection.Descriptor, StatusReflection.Descriptor,
        ErrorDetailsReflection.Descriptor, HealthReflection.Descriptor, ReflectionReflection.Descriptor,
    ];

    /// <summary>
    /// A client out there depends on every line. A change that adds lines is compatible; to change or remove one breaks somebody. To
    /// accept a change, copy the file that the failure names over the locked one, and have the difference reviewed.
    /// </summary>
    [Fact]
    public void The_descriptors_are_those_that_were_reviewed()
    {
        string now = DescriptorText.Of(Files);
        string locked = File.Exists(PathOf(Locked)) ? File.ReadAllText(PathOf(Locked)) : "";
        if (now == locked)
            return;
        string written = Path.Combine(AppContext.BaseDirectory, "descriptors.txt");
        File.WriteAllText(written, now);
        Assert.Fail($"The contract changed: compare {written} with {Locked}.");
    }

    [Theory]
    [InlineData("records.proto")]
    [InlineData("alerts.proto")]
    [InlineData("feeds.proto")]
    public void Every_method_of_the_contract_is_documented(string file)
    {
        string[] lines = File.ReadAllLines(PathOf("../../src/PatientGrains.Grpc/Protos/patientgrains/v1/" + file));
        Assert.All(lines.Index().Where(line => line.Item.StartsWith("  rpc ", StringComparison.Ordinal)), line =>
            Assert.StartsWith("  //", lines[line.Index - 1]));
    }

    private static string PathOf(string relative)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PatientGrains.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("No folder above the tests holds PatientGrains.sln.");
        return Path.Combine(folder.FullName, "tests/PatientGrains.Grpc.Tests", relative);
    }
}
