using System.Buffers;
using PatientGrains.Fhir.Tests;
using Xunit.Abstractions;

namespace PatientGrains.Synthetic.Tests;

public class PopulationTests(ITestOutputHelper output)
{
    [Fact]
    public void Two_seeds_share_no_person()
    {
        var one = SyntheticPopulation.Patients(new() { Seed = 1, Patients = 50 }).Select(Demographics).ToHashSet();
        var two = SyntheticPopulation.Patients(new() { Seed = 2, Patients = 50 }).Select(Demographics).ToHashSet();
        Assert.Equal(50, one.Count);
        Assert.Empty(one.Intersect(two));

        static string Demographics(SyntheticPatient patient)
        {
            var resource = Json.Parse(patient.Resources()[0]);
            return resource.Text("name", "0", "family") + resource.Text("name", "0", "given", "0") + resource.Text("birthDate");
        }
    }

    [Fact]
    public void A_patient_is_the_same_however_many_are_asked_for_and_from_whichever_thread()
    {
        var sequential = SyntheticPopulation.Patients(new() { Patients = 64 }).Select(x => x.TransactionBundle().ToArray()).ToArray();
        var parallel = new byte[64][];
        Parallel.For(0, 16, part =>
        {
            foreach (var patient in SyntheticPopulation.Patients(new() { Patients = 1_000 }, part * 4, 4))
                parallel[patient.Index] = patient.TransactionBundle().ToArray();
        });
        for (var i = 0; i < 64; i++)
            Assert.Equal(sequential[i], parallel[i]);
    }

    [Fact]
    public void References_of_a_transaction_resolve_inside_it_or_name_somebody_of_the_directory()
    {
        var options = new SyntheticOptions { Patients = 60 };
        var known = DirectoryIdentifiers(options);
        foreach (var patient in SyntheticPopulation.Patients(options))
        {
            var bundle = Json.Parse(patient.TransactionBundle());
            var urls = bundle.Entries().Select(x => x.Text("fullUrl")).ToList();
            var byUrl = urls.ToHashSet();
            Assert.Equal(urls.Count, byUrl.Count);
            Assert.Equal(patient.ResourceCount, urls.Count);
            foreach (var reference in bundle.References())
                Assert.True(byUrl.Contains(reference) || known.Contains(reference), reference);
            Assert.All(urls, url => Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", url));
        }
    }

    [Fact]
    public void Literal_references_resolve_among_the_patients_resources_and_the_directory()
    {
        var options = new SyntheticOptions { Patients = 60 };
        var directory = SyntheticPopulation.DirectoryResources(options).Select(Json.Parse).Select(x => $"{x.Type()}/{x.Id()}").ToHashSet();
        foreach (var patient in SyntheticPopulation.Patients(options))
        {
            var resources = patient.Resources().Select(Json.Parse).ToList();
            var known = resources.Select(x => $"{x.Type()}/{x.Id()}").ToHashSet();
            Assert.Equal(resources.Count, known.Count);
            Assert.All(resources.SelectMany(x => x.References()), x => Assert.True(known.Contains(x) || directory.Contains(x), x));
            Assert.Equal(patient.Id, resources[0].Id());
        }
    }

    [Fact]
    public void Lines_and_resources_and_entries_are_the_same_record()
    {
        foreach (var patient in SyntheticPopulation.Patients(new() { Patients = 10 }))
        {
            var lines = new ArrayBufferWriter<byte>();
            patient.WriteNdjson(lines);
            var joined = patient.Resources().SelectMany(x => x.ToArray().Append((byte)'\n')).ToArray();
            Assert.Equal(joined, lines.WrittenSpan.ToArray());
            var types = patient.Resources().Select(x => Json.Parse(x).Type());
            Assert.Equal(types, Json.Parse(patient.TransactionBundle()).Entries().Select(x => x.At("resource").Type()));
        }
    }

    [Fact]
    public void The_patient_of_a_transaction_is_created_once_only()
    {
        var patient = SyntheticPopulation.Patients(new() { Patients = 8 }).Last();
        var request = Json.Parse(patient.TransactionBundle()).Entries().First().At("request");
        Assert.Equal($"identifier=https://patientgrains.example.org/synthetic/mrn|{patient.RecordNumber}", request.Text("ifNoneExist"));
    }

    [Fact]
    public void It_is_fast()
    {
        foreach (var patient in SyntheticPopulation.Patients(new() { Seed = 9, Patients = 200 }))
            patient.TransactionBundle();
        double rate = 0;
        var (resources, bytes, patients) = (0L, 0L, 0);
        // The aim is 50,000; a busy machine gets slack, a broken writer does not.
        ThreadTime.Until(5, () =>
        {
            (resources, bytes, patients) = (0, 0, 0);
            var took = ThreadTime.Of(() =>
            {
                foreach (var patient in SyntheticPopulation.Patients(new() { Seed = 7, Patients = 200 }))
                {
                    resources += patient.ResourceCount;
                    bytes += patient.TransactionBundle().Length;
                    patients++;
                }
            });
            rate = Math.Max(rate, resources / took.TotalSeconds);
        }, () => rate > 10_000);
        output.WriteLine(
            $"{resources / patients} resources a patient, {bytes / resources} bytes each, {rate:N0} resources/s on one thread");
        Assert.True(rate > 10_000, $"{rate:N0} resources/s");
        Assert.InRange(resources / (double)patients, 100, 200);
    }

    private static HashSet<string> DirectoryIdentifiers(SyntheticOptions options) =>
        Json.Parse(SyntheticPopulation.DirectoryBundle(options))
        .Entries()
        .Select(x => x.At("resource"))
        .Select(x => $"{x.Type()}?identifier={x.Text("identifier", "0", "system")}|{x.Text("identifier", "0", "value")}")
        .ToHashSet();
}
