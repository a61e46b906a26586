using Google.Protobuf.Reflection;
using PatientGrains.Grpc.Reflection;
using PatientGrains.Grpc.Tests.Echo;
using PatientGrains.Grpc.V1;

namespace PatientGrains.Grpc.Tests.Server;

public class ReflectionTests
{
    private static readonly GrpcMethod Submit = GrpcMethod.Unary<Submission, SubmissionAnswer>(
        RecordsReflection.Descriptor.Services[0].FindMethodByName("Submit"), (_, _) => Task.FromResult(new SubmissionAnswer()));

    [Fact]
    public async Task Services_are_listed()
    {
        var answer = Assert.Single(await Ask(new ServerReflectionRequest { ListServices = "*", Host = "h" }));
        Assert.Equal(["patientgrains.v1.RecordService", "grpc.reflection.v1.ServerReflection"],
            answer.ListServicesResponse.Service.Select(service => service.Name));
        Assert.Equal(("h", "*"), (answer.ValidHost, answer.OriginalRequest.ListServices));
    }

    [Theory]
    [InlineData("patientgrains.v1.RecordService")]
    [InlineData("patientgrains.v1.RecordService.SubmitStream")]
    [InlineData("patientgrains.v1.Submission")]
    [InlineData("patientgrains.v1.Submission.body")]
    [InlineData("patientgrains.v1.ChangeEffect")]
    public async Task The_file_of_a_name_comes_with_all_that_it_imports(string symbol)
    {
        var answer = Assert.Single(await Ask(new ServerReflectionRequest { FileContainingSymbol = symbol }));
        var files = FileDescriptor.BuildFromByteStrings(answer.FileDescriptorResponse.FileDescriptorProto);
        Assert.Equal(
            ["google/protobuf/any.proto", "google/protobuf/timestamp.proto", "google/rpc/status.proto", "patientgrains/v1/records.proto"],
            files.Select(file => file.Name).Order(StringComparer.Ordinal));
        Assert.Equal(RecordsReflection.Descriptor.SerializedData, files[^1].SerializedData);
    }

    [Fact]
    public async Task Several_are_answered_on_one_stream_and_what_is_not_there_is_said()
    {
        var answers = await Ask(
            new ServerReflectionRequest { FileByFilename = "google/rpc/status.proto" },
            new ServerReflectionRequest { FileByFilename = "/etc/passwd" },
            new ServerReflectionRequest { FileContainingSymbol = "patientgrains.v1.Nothing" },
            new ServerReflectionRequest { FileContainingExtension = new() { ContainingType = "a.B", ExtensionNumber = 1 } },
            new ServerReflectionRequest { AllExtensionNumbersOfType = "patientgrains.v1.Submission" },
            new ServerReflectionRequest());
        Assert.Equal(2, answers[0].FileDescriptorResponse.FileDescriptorProto.Count);
        Assert.All(answers[1..4], answer => Assert.Equal((int)GrpcCode.NotFound, answer.ErrorResponse.ErrorCode));
        Assert.Equal("patientgrains.v1.Submission", answers[4].AllExtensionNumbersResponse.BaseTypeName);
        Assert.Equal((int)GrpcCode.InvalidArgument, answers[5].ErrorResponse.ErrorCode);
    }

    [Fact]
    public async Task Older_tools_find_it_under_its_older_name()
    {
        await using var server = await EchoServer.Start(GrpcReflection.Methods([Submit]));
        using var http = server.Raw();
        var answer = await new RawCall("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo").Send(http, server.Address);
        Assert.Equal(GrpcCode.Ok, answer.Code);
    }

    private static async Task<List<ServerReflectionResponse>> Ask(params ServerReflectionRequest[] requests)
    {
        var methods = GrpcReflection.Methods([Submit]);
        await using var server = await EchoServer.Start([Submit, .. methods]);
        await using var call = server.Channel().Open<ServerReflectionRequest, ServerReflectionResponse>(methods[0].Descriptor);
        var answers = new List<ServerReflectionResponse>();
        foreach (var request in requests)
        {
            await call.Write(request);
            answers.Add((await call.Next())!);
        }
        call.CloseRequests();
        Assert.Null(await call.Next());
        return answers;
    }
}
