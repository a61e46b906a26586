using Xunit.Abstractions;

namespace PatientGrains.Fhir.Tests;

public class SpeedTests(ITestOutputHelper output)
{
    [RealDataFact("synthea", "Synthea sample of samply/blaze")]
    public void A_scan_allocates_little_beyond_its_result()
    {
        using var lines = new StringWriter();
        double allocated = ValidatorBench.Run(lines, "synthea");
        output.WriteLine(lines.ToString());
        Assert.InRange(allocated, 1, 2500);
    }
}
